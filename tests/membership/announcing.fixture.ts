import { createInterface } from "node:readline";
import { nats } from "@reeve/nats";
import { Announcer } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/transport";
import { silentLogger } from "@reeve/testing";

// A process with one manager. It does what it reads: "block <ms>" holds up its event loop, "close" says goodbye.
const [url = "", intervalMs = "200"] = process.argv.slice(2);
const transport = nats({ servers: url, caller: "child" });
await transport.connect();
const announcer = new Announcer({
  clock: systemClock,
  random: Math.random,
  link: transport,
  sender: `child-${process.pid}`,
  host: "child",
  intervalMs: Number(intervalMs),
  log: silentLogger,
  counters: { counter: () => ({ add() {} }) },
});
const announcement = announcer.announce({ manager: "volume", version: "1.0", address: "child", epoch: 1 });
announcement.setStatus({ state: "serving", phase: "ready", causes: [], canServe: true });

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ms] = line.split(" ");
  if (verb === "block") {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
    process.stdout.write("free\n");
  } else if (verb === "close") {
    await announcer.close();
    await transport.close();
    break;
  }
}
process.stdin.destroy();
