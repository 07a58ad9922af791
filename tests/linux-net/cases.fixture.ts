import { networkConformance } from "@reeve/driver-sdk/conformance";
import { linuxNetOn } from "@reeve/linux-net";
import { HostDevice, options } from "./host-device.ts";
import { ownCases, vlanCases } from "./own-cases.ts";
import { call, flatNetwork, type Scene, vlanNetwork } from "./scene.ts";
import { StruckMachine } from "./struck-machine.ts";
import { tool } from "./tool.ts";
import { PingTraffic } from "./traffic.ts";

/** Runs cases by name on the kernel it finds itself on, whose whole network it has for itself; a line for the end of each. */
const [, , kind = "flat", ...wanted] = process.argv;
const vlans = kind === "vlan";

async function bareHost() {
  const machine = new StruckMachine();
  const device = new HostDevice(machine, new PingTraffic(), vlans);
  await device.clear();
  await device.build();
  return { machine, device };
}

const conformance = networkConformance({
  name: "linux-net",
  callTimeoutMs: 120_000,
  make: async () => {
    const { machine, device } = await bareHost();
    const driver = linuxNetOn(machine, options);
    const abilities = driver.abilities.filter((ability) => vlans || ability !== "vlans");
    return { driver: { ...driver, abilities }, device, dispose: () => device.traffic.dispose() };
  },
});

async function runOwn(hold: (scene: Scene) => Promise<void>): Promise<"held"> {
  const { machine } = await bareHost();
  const session = await linuxNetOn(machine, options).setup(call);
  await hold({ session, network: vlans ? vlanNetwork : flatNetwork, programs: () => machine.runs });
  return "held";
}

const own = Object.entries(vlans ? vlanCases : ownCases).map(([name, hold]) => ({ name, run: () => runOwn(hold) }));

// Namespaces have their files there; nobody else's are to be seen.
if (!vlans) await tool("mount", "-t", "tmpfs", "none", "/run");
for (const { name, run } of [...conformance, ...own]) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const begun = performance.now();
  const outcome = await run().then(
    (verdict) => ({ verdict }),
    (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  console.log(JSON.stringify({ name, ms: Math.round(performance.now() - begun), ...outcome }));
}
