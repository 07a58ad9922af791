import { text } from "node:stream/consumers";
import { ciscoNetWith, httpsLink } from "@reeve/cisco-net";
import type { NetworkCall } from "@reeve/driver-sdk/conformance";

// Makes the calls one after the other, and kills itself when it is about to send its n-th request, counted after set-up.
interface Task {
  readonly left: number;
  readonly calls: readonly NetworkCall[];
  readonly options: Parameters<ReturnType<typeof ciscoNetWith>>[0];
}

const task = JSON.parse(await text(process.stdin)) as Task;
let left = Number.POSITIVE_INFINITY;
const driver = ciscoNetWith({
  connect(target) {
    const link = httpsLink(target);
    return {
      async post(request) {
        if (--left === 0) process.kill(process.pid, "SIGKILL");
        return link.post(request);
      },
      close: () => link.close(),
    };
  },
})(task.options);
const call = {
  signal: new AbortController().signal,
  log: { debug() {}, info() {}, warn() {}, error() {} },
  epoch: 1,
  progress() {},
};
const session = await driver.setup(call);
left = task.left;
for (const { method, input } of task.calls) await session.methods[method]!(input, call);
await session.close();
