import type { NetworkCall } from "@reeve/driver-sdk/conformance";
import { patchPanel } from "./patch-panel.ts";

/** Makes calls on a panel that is kept in a file, and dies at a command: `node killed-call.fixture.ts <file> <n> <calls>`. */
const [file, at, calls] = process.argv.slice(2);
const panel = patchPanel({ file: file! });
const log = { debug() {}, info() {}, warn() {}, error() {} };
const call = { signal: new AbortController().signal, log, epoch: 1, progress() {} };
const session = await panel.driver.setup(call);
panel.before(Number(at), () => {
  process.kill(process.pid, "SIGKILL");
});
for (const { method, input } of JSON.parse(calls!) as NetworkCall[]) await session.methods[method]!(input, call);
