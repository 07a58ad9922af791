import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { sums, sumsManager } from "./math.fixture.ts";

/** Counts its lives: how many were set up, and how many are open now. */
function livesManager(hooks: { boot?: () => unknown; close?: () => unknown } = {}) {
  const lives = { begun: 0, open: 0, most: 0 };
  const definition = defineManager({
    contract: sums,
    setup: async () => {
      lives.begun++;
      lives.open++;
      lives.most = Math.max(lives.most, lives.open);
      await hooks.boot?.();
      return {
        close: async () => {
          await hooks.close?.();
          lives.open--;
        },
        operations: { add: ({ a, b }) => a + b, hang: () => {} },
      };
    },
  });
  return { definition, lives };
}

test("a restart asked for during the backoff after a crash makes one incarnation, not two", async () => {
  const clock = fakeClock();
  const { definition, lives } = livesManager();
  await using cluster = await localCluster([definition], { clock, restart: { initialBackoff: "5s" } });
  cluster.supervisor.kill("sums", "test");
  await cluster.supervisor.restart("sums", "test");
  await clock.advance(60_000);
  expect(lives).toEqual({ begun: 2, open: 1, most: 1 });
  expect(cluster.supervisor.managers()).toMatchObject([{ epoch: 2, status: { phase: "ready" } }]);
});

test("restarts asked for together are one", async () => {
  const { definition, lives } = livesManager();
  await using cluster = await localCluster([definition]);
  const { supervisor } = cluster;
  await Promise.all([supervisor.restart("sums", "test"), supervisor.restart("sums", "test")]);
  expect(lives).toEqual({ begun: 2, open: 1, most: 1 });
});

test("a stop during a restart has the last word", async () => {
  const clock = fakeClock();
  let release = () => {};
  const { definition, lives } = livesManager({ close: () => new Promise<void>((resolve) => (release = resolve)) });
  const cluster = await localCluster([definition], { clock });
  const restarting = failure(cluster.supervisor.restart("sums", "test"));
  await clock.advance(1);
  const stopping = cluster.stop();
  release();
  await stopping;
  expect(await restarting).toMatchObject({ reason: "NOT_SERVING" });
  expect(lives).toEqual({ begun: 1, open: 0, most: 1 });
  expect(clock.pending).toBe(0);
});

test("who waits for the next incarnation gets it, whether it comes by restart or by crash", async () => {
  await using cluster = await localCluster([sumsManager]);
  const { supervisor } = cluster;
  const second = supervisor.until("sums", "test", ({ epoch, status }) => epoch === 2 && status.phase === "ready");
  await supervisor.restart("sums", "test");
  expect(await second).toMatchObject({ epoch: 2 });
});

test("a crash in the very turn in which it opened is answered by the restart policy", async () => {
  const clock = fakeClock();
  const { supervisor, stop } = await localCluster([], { clock });
  supervisor.spawn(sumsManager);
  await supervisor.until("sums", "test", ({ status }) => {
    if (status.state === "serving") supervisor.kill("sums", "test");
    return status.state === "serving";
  });
  const back = supervisor.until("sums", "test", ({ epoch, status }) => epoch === 2 && status.phase === "ready");
  await clock.advance(10_000);
  await back;
  await stop();
  expect(clock.pending).toBe(0);
});

test("what was killed while it booted never registers after its successor", async () => {
  const clock = fakeClock();
  const gates: (() => void)[] = [];
  const { definition, lives } = livesManager({
    boot: () => (lives.begun === 2 ? new Promise<void>((resolve) => gates.push(resolve)) : undefined),
  });
  await using cluster = await localCluster([definition], { clock });
  const { supervisor } = cluster;
  supervisor.kill("sums", "test");
  await clock.advance(10_000);
  expect(lives.begun).toBe(2);
  supervisor.kill("sums", "test");
  await clock.advance(900);
  // It waits for the set-up that still runs, but not for ever.
  expect(lives.begun).toBe(2);
  const back = supervisor.until("sums", "test", ({ epoch, status }) => epoch === 3 && status.phase === "ready");
  await clock.advance(10_000);
  await back;
  for (const release of gates) release();
  await clock.advance(10_000);
  // The late one is closed at once.
  expect(lives).toMatchObject({ begun: 3, open: 1 });
  expect(await cluster.ref(sums).add({ a: 1, b: 2 })).toBe(3);
});

test("an unknown manager is refused by name, and one drained twice stays listed as stopped until another takes its place", async () => {
  await using cluster = await localCluster([
    [sumsManager, { backend: "a" }],
    [sumsManager, { backend: "b" }],
  ]);
  const { supervisor } = cluster;
  for (const doing of [supervisor.drain("sums", "test@c"), supervisor.restart("sum", "test@a")])
    expect(await failure(doing)).toMatchObject({ reason: "NO_RESPONDERS" });
  expect(() => supervisor.kill("sums", "test")).toThrow(/no such manager/);
  await Promise.all([supervisor.drain("sums", "test@a"), supervisor.drain("sums", "test@a")]);
  const listed = () => supervisor.managers().map(({ address, status }) => [address, status.state]);
  expect(listed()).toEqual([
    ["test@a", "stopped"],
    ["test@b", "serving"],
  ]);
  expect(await failure(cluster.ref(sums).at("test@a").add({ a: 1, b: 1 }))).toMatchObject({ reason: "NO_RESPONDERS" });
  await supervisor.reset();
  await supervisor.spawn(sumsManager, { backend: "a" }).ready();
  expect(listed()).toEqual([
    ["test@b", "serving"],
    ["test@a", "serving"],
  ]);
});

test("one that was drained is started again, as its next incarnation, and is called again", async () => {
  const { definition, lives } = livesManager();
  await using cluster = await localCluster([definition]);
  const { supervisor } = cluster;
  for (const bring of ["start", "restart"] as const) {
    await supervisor.drain("sums", "test");
    await supervisor[bring]("sums", "test");
    expect(await cluster.ref(sums).add({ a: 1, b: 2 })).toBe(3);
  }
  expect(lives).toEqual({ begun: 3, open: 1, most: 1 });
  // One that runs is left as it is.
  await supervisor.start("sums", "test");
  expect(supervisor.managers()).toMatchObject([{ epoch: 3, status: { phase: "ready" } }]);
});

test("nothing is started before the supervisor is, or once it stops", async () => {
  const { definition, lives } = livesManager();
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  supervisor.spawn(definition);
  for (const verb of ["start", "restart"] as const)
    expect(await failure(supervisor[verb]("sums", "a"))).toMatchObject({ reason: "NOT_SERVING" });
  await supervisor.start();
  await supervisor.drain("sums", "a");
  const stopping = supervisor.stop();
  for (const verb of ["start", "restart"] as const)
    expect(await failure(supervisor[verb]("sums", "a"))).toMatchObject({ reason: "NOT_SERVING" });
  await stopping;
  expect(lives).toEqual({ begun: 1, open: 0, most: 1 });
});

test("a drained manager whose start fails is listed as failed, and may be started again", async () => {
  let broken = false;
  const { definition } = livesManager({
    boot: () => {
      if (broken) throw new Error("no paper");
    },
  });
  await using cluster = await localCluster([definition], { restart: { initialBackoff: "1ms" } });
  const { supervisor } = cluster;
  await supervisor.drain("sums", "test");
  broken = true;
  expect(await failure(supervisor.start("sums", "test"))).toMatchObject({ reason: "BOOT_FAILED" });
  expect(supervisor.managers()).toMatchObject([{ status: { state: "failed" } }]);
  broken = false;
  await supervisor.start("sums", "test");
  expect(supervisor.managers()).toMatchObject([{ status: { phase: "ready" } }]);
});

test("a reset that a drain cuts short says so", async () => {
  const clock = fakeClock();
  const resetting = Promise.withResolvers<void>();
  const slow = defineManager({
    contract: sums,
    setup: () => ({
      reset: ({ signal }) => {
        resetting.resolve();
        return new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
      operations: { add: () => 0, hang: () => {} },
    }),
  });
  const cluster = await localCluster([slow], { clock });
  const reset = failure(cluster.supervisor.reset());
  await resetting.promise;
  await cluster.stop();
  expect(await reset).toMatchObject({ data: { failures: [{ reason: "NOT_SERVING" }] } });
  expect(clock.pending).toBe(0);
});

test("a reset leaves alone who is between two lives: the next one reads its configuration anyway", async () => {
  const clock = fakeClock();
  let limit = 1;
  const read: number[] = [];
  const configured = defineManager({
    contract: sums,
    config: z.object({ limit: z.number() }),
    setup: ({ config }) => {
      read.push(config.current.limit);
      return { operations: { add: ({ a, b }) => a + b, hang: () => {} } };
    },
  });
  await using cluster = await localCluster([[configured, { config: () => ({ limit }) }]], { clock });
  cluster.supervisor.kill("sums", "test");
  limit = 2;
  await cluster.supervisor.reset();
  await clock.advance(10_000);
  expect(read).toEqual([1, 2]);
});

test("a config function that hangs fails the reset in time, and a stop does not wait for it", async () => {
  const clock = fakeClock();
  let hangs = false;
  const configured = defineManager({
    contract: sums,
    config: z.object({}),
    setup: () => ({ operations: { add: ({ a, b }) => a + b, hang: () => {} } }),
  });
  const config = () => (hangs ? new Promise<never>(() => {}) : {});
  const cluster = await localCluster([[configured, { config }]], { clock });
  hangs = true;
  const reset = failure(cluster.supervisor.reset());
  await clock.advance(30_000);
  expect((await reset).message).toContain("its source gave nothing within 25000 ms");
  expect(await cluster.ref(sums).add({ a: 1, b: 2 })).toBe(3);
  const again = failure(cluster.supervisor.reset());
  await clock.advance(1_000);
  await cluster.stop();
  await again;
  expect(clock.pending).toBe(0);
});
