import { linuxNetOn } from "@reeve/linux-net";
import { HostDevice, options } from "./host-device.ts";
import { ownCases, vlanCases } from "./own-cases.ts";
import { flatNetwork, vlanNetwork } from "./scene.ts";
import { StruckMachine } from "./struck-machine.ts";
import { tool } from "./tool.ts";
import { PingTraffic } from "./traffic.ts";

/** Runs cases by name, each on a host without anything of ours; a line for the end of each. */
const [, , kind = "flat", ...wanted] = process.argv;
const vlans = kind === "vlan";
const cases = vlans ? vlanCases : ownCases;
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function hold(name: string): Promise<void> {
  const machine = new StruckMachine();
  const device = new HostDevice(machine, new PingTraffic(), vlans);
  await device.clear();
  await device.build();
  const session = await linuxNetOn(machine, options).setup({ signal: new AbortController().signal, log, epoch: 1 });
  await cases[name]!({ session, network: vlans ? vlanNetwork : flatNetwork, programs: () => machine.runs });
}

if (!vlans) await tool("mount", "-t", "tmpfs", "none", "/run");
for (const name of Object.keys(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const begun = performance.now();
  const outcome = await hold(name).then(
    () => ({ verdict: "held" }),
    (error: Error) => ({ error: error.stack ?? error.message }),
  );
  console.log(JSON.stringify({ name, ms: Math.round(performance.now() - begun), ...outcome }));
}
