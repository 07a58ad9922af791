import { networkConformance } from "@reeve/driver-sdk/conformance";
import { linuxNetOn } from "@reeve/linux-net";
import { HostDevice, options } from "./host-device.ts";
import { StruckMachine } from "./struck-machine.ts";
import { tool } from "./tool.ts";
import { PingTraffic } from "./traffic.ts";

/** Runs cases by name on the kernel it finds itself on, whose whole network it has for itself; a line for the end of each. */
const [, , kind = "flat", ...wanted] = process.argv;
const vlans = kind === "vlan";

const cases = networkConformance({
  name: "linux-net",
  callTimeoutMs: 120_000,
  make: async () => {
    const machine = new StruckMachine();
    const device = new HostDevice(machine, new PingTraffic(), vlans);
    await device.clear();
    await device.build();
    const driver = linuxNetOn(machine, options);
    const abilities = driver.abilities.filter((ability) => vlans || ability !== "vlans");
    return { driver: { ...driver, abilities }, device, dispose: () => device.clear() };
  },
});

// Namespaces have their files there; nobody else's are to be seen.
if (kind === "flat") await tool("mount", "-t", "tmpfs", "none", "/run");
for (const { name, run } of cases) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const begun = performance.now();
  const outcome = await run().then(
    (verdict) => ({ verdict }),
    (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  console.log(JSON.stringify({ name, ms: Math.round(performance.now() - begun), ...outcome }));
}
