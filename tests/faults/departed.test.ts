import { setTimeout as lasts } from "node:timers/promises";
import { tcpProxy } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { hold, long } from "./figure.ts";
import { Scene } from "./scene.ts";

vi.setConfig({ testTimeout: 90_000 });

const fault = "departed caller";
const count = long ? 200 : 20;
const workMs = 3_000;

test("callers whose deadline passes, who cancel or whose link is away leave their keys' work running, and find its answer", async () => {
  await using scene = await Scene.open();
  await scene.serve({ limits: { maxInFlight: 1_000 } });
  await using proxy = await tcpProxy(scene.broker.port);
  const near = await scene.caller({ name: "near" });
  const far = await scene.caller({ name: "far", link: { servers: `nats://127.0.0.1:${proxy.port}` } });
  const keys = (how: string) => Array.from({ length: count }, (_, index) => `${how}-${index}`);
  const leaving = new AbortController();
  const tend = (caller: typeof near, key: string, options: object) =>
    caller.work.tend({ key, holdMs: workMs }, { idempotencyKey: key, ...options });
  // What becomes of these calls is for other tests: here their keys count.
  const departed = Promise.allSettled([
    ...keys("late").map((key) => tend(near, key, { timeout: "1s" })),
    ...keys("cancelled").map((key) => tend(near, key, { signal: leaving.signal })),
    ...keys("cut").map((key) => tend(far, key, {})),
  ]);
  const all = [...keys("late"), ...keys("cancelled"), ...keys("cut")];
  await vi.waitFor(() => expect(scene.ledger.runs().size).toBe(all.length), { timeout: 30_000 });
  leaving.abort();
  await proxy.cut();
  await lasts(1_500);
  await proxy.heal();
  const repeated = await Promise.allSettled([
    ...[...keys("late"), ...keys("cancelled")].map((key) => tend(near, key, {})),
    ...keys("cut").map((key) => vi.waitFor(() => tend(far, key, {}), { timeout: 20_000, interval: 100 })),
  ]);
  await departed;
  const unanswered = repeated.filter(({ status }) => status === "rejected").length;
  const twice = [...scene.ledger.runs().values()].filter((runs) => runs > 1).length;
  hold({ fault, invariant: "repeated keys without the answer", bound: { is: 0 }, figure: unanswered });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: twice });
});
