import type { NetworkCall } from "@reeve/driver-sdk/conformance";
import { linuxNetOn } from "@reeve/linux-net";
import { options } from "./host-device.ts";
import { StruckMachine } from "./struck-machine.ts";

/** Sets the driver up, makes the calls it is given, and is killed when it is about to start its n-th program after that. */
const [, , at = "", calls = ""] = process.argv;
const machine = new StruckMachine();
const log = { debug() {}, info() {}, warn() {}, error() {} };
const call = { signal: new AbortController().signal, log, epoch: 1, progress() {} };
const session = await linuxNetOn(machine, options).setup(call);
const before = machine.runs;
machine.onRun = (n) => {
  if (n - before >= Number(at)) process.kill(process.pid, "SIGKILL");
};
for (const { method, input } of JSON.parse(calls) as NetworkCall[]) await session.methods[method]!(input, call);
