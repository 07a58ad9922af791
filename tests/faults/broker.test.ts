import { createServer } from "node:net";
import { setTimeout as lasts } from "node:timers/promises";
import { natsServer } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { Testimony } from "./checker.ts";
import { hold, long, note } from "./figure.ts";
import { keys, Load } from "./load.ts";
import { Scene } from "./scene.ts";

vi.setConfig({ testTimeout: long ? 180_000 : 45_000 });

test("broker killed under load and back: what callers were told is what happened", async () => {
  const fault = "broker SIGKILL under load";
  await using scene = await Scene.open();
  await scene.serve();
  const caller = await scene.caller();
  const told = new Testimony();
  const load = new Load(caller, told);
  let slowestMs = 0;
  for (let kill = 0; kill < (long ? 5 : 1); kill++) {
    await load.answered(300);
    await scene.broker.kill();
    await scene.broker.restart();
    const backAt = performance.now();
    await load.answered(20);
    slowestMs = Math.max(slowestMs, performance.now() - backAt);
  }
  await load.stop();
  await caller.work.standing({});
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  note({ fault, invariant: "calls answered again", bound: { atMost: 5_000 }, figure: slowestMs, unit: "ms" });
});

test("broker down: every client comes back, and its waiting call is answered", async () => {
  const downMs = long ? 60_000 : 3_000;
  const fault = `broker down ${downMs / 1_000} s`;
  await using scene = await Scene.open();
  await scene.serve();
  const callers = await Promise.all(keys("cli", 20).map((name) => scene.caller({ name })));
  await Promise.all(callers.map(({ work }) => work.standing({})));
  await scene.broker.kill();
  // What was sent before may have run; what is made from here on was not sent.
  await expect.poll(() => callers.filter(({ transport }) => transport.connected)).toEqual([]);
  const told = new Testimony();
  const waiting = callers.map(({ work }, i) => told.of(`k${i}`, work.run({ key: `k${i}` }, { timeout: "120s" })));
  await lasts(downMs);
  await scene.broker.restart();
  const backAt = performance.now();
  await Promise.all(waiting);
  const tookMs = performance.now() - backAt;
  hold({ fault, invariant: "clients back", bound: { is: 100 }, figure: told.count("value") * 5, unit: "%" });
  const { unexplained } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  note({ fault, invariant: "all clients back after", bound: { atMost: 5_000 }, figure: tookMs, unit: "ms" });
});

test("broker down under calls in flight: all are answered, and each ran once", async () => {
  const downMs = long ? 40_000 : 6_500;
  const fault = `broker down ${downMs / 1_000} s, calls in flight`;
  await using scene = await Scene.open();
  const server = await scene.serve();
  const { work, transport } = await scene.caller();
  const told = new Testimony();
  const asked = keys("k", 9);
  const answers = asked.map((key) => told.of(key, work.run({ key, held: true }, { timeout: "120s" })));
  await vi.waitFor(() => expect(scene.ledger.runs().size).toBe(9), { timeout: 10_000, interval: 20 });
  await scene.broker.kill();
  await expect.poll(() => transport.connected).toBe(false);
  await lasts(downMs);
  // They end while nobody can be told.
  server.release();
  await server.said("released");
  await scene.broker.restart();
  const backAt = performance.now();
  await Promise.all(answers);
  const tookMs = performance.now() - backAt;
  hold({ fault, invariant: "calls answered", bound: { is: 9 }, figure: told.count("value") });
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  note({
    fault,
    invariant: "answered after the broker was back",
    bound: { atMost: 5_000 },
    figure: tookMs,
    unit: "ms",
  });
});

test("broker stopped with SIGSTOP: what it delivers late does not run", async () => {
  const pausedMs = long ? 3_000 : 1_000;
  const fault = `broker SIGSTOP ${pausedMs / 1_000} s`;
  await using scene = await Scene.open();
  await scene.serve();
  const { work } = await scene.caller();
  const told = new Testimony();
  await Promise.all(keys("before", 20).map((key) => told.of(key, work.run({ key }))));
  await scene.broker.pause();
  const expired = keys("late", 50);
  await Promise.all([
    lasts(pausedMs),
    ...expired.map((key) => told.of(key, work.run({ key }, { timeout: pausedMs / 3 }))),
  ]);
  scene.broker.resume();
  // Behind them on the same way.
  expect(await told.of("after", work.run({ key: "after" }))).toBe("value");
  const runs = scene.ledger.runs();
  const zombies = expired.filter((key) => runs.has(key));
  hold({ fault, invariant: "expired executions", bound: { is: 0 }, figure: zombies.length });
  const { unexplained } = told.compare(runs);
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
});

test("started before the broker: a process serves itself, and others once the link is there", async () => {
  const fault = "start before broker";
  await using scene = await Scene.open();
  await scene.broker.kill();
  const server = scene.launch();
  await server.said("starting");
  const connecting = scene.caller();
  await scene.broker.restart();
  const upAt = performance.now();
  const [{ work }] = await Promise.all([connecting, server.said("ready")]);
  // It is ready for its own process before its link is there.
  const reached = () =>
    work.standing({}).then(
      () => true,
      () => false,
    );
  await expect.poll(reached, { timeout: 10_000 }).toBe(true);
  const told = new Testimony();
  await told.of("k", work.run({ key: "k" }));
  const tookMs = performance.now() - upAt;
  hold({ fault, invariant: "processes ready", bound: { is: 2 }, figure: 1 + told.count("value") });
  note({ fault, invariant: "first answer after broker is up", bound: { atMost: 5_000 }, figure: tookMs, unit: "ms" });
});

test("lame duck: clients move to the other broker, and no call is lost unexplained", async () => {
  const fault = "broker lame duck";
  const [first, second] = [await freePort(), await freePort()];
  const cluster = (own: number, other: number) =>
    `cluster { name: "c", listen: "127.0.0.1:${own}", routes: ["nats://127.0.0.1:${other}"] }`;
  await using leaving = await natsServer({ config: cluster(first, second) });
  await using staying = await natsServer({ config: cluster(second, first) });
  await using scene = await Scene.open();
  const link = { servers: [leaving.url, staying.url] };
  await scene.serve({ link });
  const caller = await scene.caller({ link });
  const told = new Testimony();
  const load = new Load(caller, told);
  await load.answered(300);
  await leaving.lameDuck();
  await vi.waitFor(() => expect(leaving.running).toBe(false), { timeout: 35_000, interval: 50 });
  await load.answered(300);
  await load.stop();
  await caller.work.standing({});
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
