import { setTimeout as lasts } from "node:timers/promises";
import type { ReeveError } from "@reeve/contract";
import type { NatsOptions } from "@reeve/nats";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport, tcpProxy } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { Testimony } from "./checker.ts";
import { hold, long, note } from "./figure.ts";
import { keys } from "./load.ts";
import { Scene, type WorkCaller } from "./scene.ts";

vi.setConfig({ testTimeout: long ? 120_000 : 60_000 });

test("a half-open connection is noticed, and what was sent into it is run once it is replaced", async () => {
  const fault = "half-open TCP";
  await using scene = await Scene.open();
  await scene.serve();
  await using proxy = await tcpProxy(scene.broker.port);
  const pings: NatsOptions = long ? {} : { pingInterval: "300ms" };
  const { work } = await scene.caller({ link: { ...pings, servers: `nats://127.0.0.1:${proxy.port}` } });
  const told = new Testimony();
  await told.of("before", work.run({ key: "before" }));
  proxy.halfOpen();
  const openAt = performance.now();
  expect(await told.of("lost", work.run({ key: "lost" }))).toBe("value");
  const noticedMs = performance.now() - openAt;
  expect(await told.of("after", work.run({ key: "after" }))).toBe("value");
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  note({ fault, invariant: "noticed and answered after", bound: { atMost: 15_000 }, figure: noticedMs, unit: "ms" });
});

test("a caller's link that is away longer than two heartbeats costs no call and no stream", async () => {
  const awayMs = long ? 8_000 : 3_000;
  const fault = `caller's link away ${awayMs / 1_000} s`;
  await using scene = await Scene.open();
  await using proxy = await tcpProxy(scene.broker.port);
  const server = await scene.serve();
  const { work, transport } = await scene.caller({ link: { servers: `nats://127.0.0.1:${proxy.port}` } });
  await work.standing({});
  const told = new Testimony();
  const answers = keys("k", 16).map((key) => told.of(key, work.run({ key, held: true }, { timeout: "60s" })));
  const watching = work.watch({});
  const ended = watching.result.catch((error: unknown) => (error as ReeveError).reason);
  const reader = watching[Symbol.asyncIterator]();
  await reader.next();
  await vi.waitFor(() => expect(scene.ledger.runs().size).toBe(16), { timeout: 10_000, interval: 20 });
  await proxy.cut();
  await expect.poll(() => transport.connected).toBe(false);
  await lasts(awayMs);
  await proxy.heal();
  server.release();
  await Promise.all(answers);
  hold({ fault, invariant: "keys answered", bound: { is: 16 }, figure: told.count("value") });
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  let steps = 0;
  for (; steps < 8 && !(await reader.next()).done; steps++);
  hold({ fault, invariant: "steps of a stream afterwards", bound: { is: 8 }, figure: steps });
  await reader.return?.();
  expect(await ended).toBe("CANCELLED");
});

test("answers that the callee's link loses are told again as soon as it is back", async () => {
  const fault = "callee's link lost, answers on it";
  await using scene = await Scene.open();
  await using proxy = await tcpProxy(scene.broker.port);
  const server = await scene.serve({ link: { servers: `nats://127.0.0.1:${proxy.port}` } });
  const { work } = await scene.caller();
  await work.standing({});
  const told = new Testimony();
  const answers = keys("k", 64).map((key) => told.of(key, work.run({ key, held: true })));
  await vi.waitFor(() => expect(scene.ledger.runs().size).toBe(64), { timeout: 10_000, interval: 20 });
  proxy.drop("to-server");
  // They end, and their answers are written into the hole.
  server.release();
  await server.said("released");
  hold({ fault, invariant: "answers let through", bound: { is: 0 }, figure: told.count("value") });
  proxy.reset();
  await proxy.heal();
  const brokeAt = performance.now();
  await Promise.all(answers);
  const tookMs = performance.now() - brokeAt;
  hold({ fault, invariant: "keys answered", bound: { is: 64 }, figure: told.count("value") });
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  note({ fault, invariant: "answered after the break", bound: { atMost: 5_000 }, figure: tookMs, unit: "ms" });
});

test("calls that the callee's link loses are run as soon as it is back", async () => {
  const fault = "callee's link lost, calls on it";
  await using scene = await Scene.open();
  await using proxy = await tcpProxy(scene.broker.port);
  await scene.serve({ link: { servers: `nats://127.0.0.1:${proxy.port}` } });
  const { work, transport } = await scene.caller();
  await work.standing({});
  const told = new Testimony();
  proxy.drop("to-client");
  const answers = keys("k", 32).map((key) => told.of(key, work.run({ key })));
  const repeated = keys("again", 32).map((key) => told.of(key, work.repeat({ key })));
  await new Promise((resolve) => setImmediate(resolve));
  await transport.flush();
  proxy.reset();
  await proxy.heal();
  const brokeAt = performance.now();
  await Promise.all([...answers, ...repeated]);
  const tookMs = performance.now() - brokeAt;
  hold({ fault, invariant: "keys answered", bound: { is: 64 }, figure: told.count("value") });
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  note({ fault, invariant: "answered after the break", bound: { atMost: 5_000 }, figure: tookMs, unit: "ms" });
});

test("answers lost one way: a repeated key is answered by its first run", async () => {
  const fault = "replies dropped one way";
  await using scene = await Scene.open();
  await scene.serve();
  const { faults, work } = await faultyCaller(scene);
  const asked = keys("k", 100);
  const told = new Testimony();
  const ask = (idempotencyKey: string, timeout: number) =>
    told.of(idempotencyKey, work.run({ key: idempotencyKey }, { idempotencyKey, timeout }));
  const lost = faults.drop({ direction: "in", subject: "_INBOX.>" });
  await Promise.all(asked.map((key) => ask(key, 500)));
  hold({ fault, invariant: "answers let through", bound: { is: 0 }, figure: told.count("value") });
  lost.stop();
  await Promise.all(asked.map((key) => ask(key, 20_000)));
  hold({ fault, invariant: "keys answered in the end", bound: { is: 100 }, figure: told.count("value") });
  const runs = scene.ledger.runs();
  hold({ fault, invariant: "executions per key", bound: { is: 1 }, figure: Math.max(...runs.values()) });
  const { unexplained } = told.compare(runs);
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
});

test("delivered three times and out of order, every key has one effect", async () => {
  const fault = "duplicated, reordered delivery";
  await using scene = await Scene.open();
  await scene.serve();
  const { faults, work } = await faultyCaller(scene);
  faults.duplicate({ copies: 2 });
  faults.reorder(50);
  const told = new Testimony();
  await callInTurns(keys("k", 600), (key) => told.of(key, work.run({ key })));
  faults.heal();
  await work.standing({});
  const { unexplained, duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "keys answered", bound: { is: 600 }, figure: told.count("value") });
  hold({ fault, invariant: "keys that ran twice", bound: { is: 0 }, figure: duplicates.length });
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
});

test("without de-duplication the checker finds what ran twice", async () => {
  const fault = "negative control: no de-duplication";
  await using scene = await Scene.open();
  await scene.serve();
  const { faults, work } = await faultyCaller(scene);
  faults.duplicate({ copies: 2 });
  faults.reorder(50);
  const told = new Testimony();
  await callInTurns(keys("k", 600), (key) => told.of(key, work.repeat({ key })));
  // The last copies are still under way.
  await expect.poll(() => told.compare(scene.ledger.runs()).duplicates.length).toBeGreaterThan(0);
  const { duplicates } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "keys that ran twice", bound: { atLeast: 1 }, figure: duplicates.length });
});

async function faultyCaller(scene: Scene): Promise<WorkCaller & { readonly faults: FaultTransport }> {
  let faults: FaultTransport | undefined;
  const wrap = (inner: Transport) => {
    faults = faultTransport(inner);
    return faults;
  };
  const caller = await scene.caller({ wrap });
  await caller.work.standing({});
  if (!faults) throw new Error("nobody wrapped the transport");
  return { ...caller, faults };
}

/** Twenty to a turn: batches of their own, which a fault can mix. */
async function callInTurns(all: readonly string[], ask: (key: string) => Promise<unknown>): Promise<void> {
  const asked: Promise<unknown>[] = [];
  for (const [i, key] of all.entries()) {
    asked.push(ask(key));
    if (i % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(asked);
}
