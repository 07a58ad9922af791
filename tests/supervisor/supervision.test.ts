import { createSupervisor, defineManager, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, ManualClock, silentLogger, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { sums, sumsManager } from "./math.fixture.ts";

test("start resolves when every manager is ready, and calls are answered", async () => {
  await using cluster = await localCluster([
    [sumsManager, { backend: "a" }],
    [sumsManager, { backend: "b" }],
  ]);
  expect(cluster.supervisor.managers().map(({ address, status }) => [address, status.phase])).toEqual([
    ["test@a", "ready"],
    ["test@b", "ready"],
  ]);
  expect(await cluster.ref(sums).at("test@b").add({ a: 1, b: 2 })).toBe(3);
  const answers = await cluster.ref(sums).all().add({ a: 2, b: 2 });
  expect(answers.map(({ address, status }) => [address, status])).toEqual([
    ["test@a", "fulfilled"],
    ["test@b", "fulfilled"],
  ]);
});

test("start rejects with what failed, and lets go of the store", async () => {
  const failing = defineManager({
    contract: sums,
    setup: () => ({
      initHost() {
        throw new Error("no such array");
      },
      operations: { add: async () => 0, hang: async () => {} },
    }),
  });
  const store = sqlite({ path: ":memory:" });
  const supervisor = createSupervisor({ host: "a", store, log: silentLogger });
  supervisor.spawn(failing);
  const error = await failure(supervisor.start());
  expect(error.reason).toBe("BOOT_FAILED");
  expect((error.cause as Error).message).toBe("no such array");
  await supervisor.finished;
});

test("a manager twice at one address is refused, naming the address", () => {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  supervisor.spawn(sumsManager, { backend: "x" });
  expect(() => supervisor.spawn(sumsManager, { backend: "x" })).toThrow(/sums: a@x is taken/);
  expect(() => supervisor.spawn(sumsManager)).not.toThrow();
});

test.each([
  [{ backend: "a.b" }, /backend: expected 1 to 63 letters, digits.*, got "a\.b"/],
  [{ backened: "x" }, /unknown option "backened"; did you mean "backend"/],
  [{ driver: {} }, /driver: expected none, as this manager declares no driver port/],
  [{ config: {} }, /config: expected none, as this manager declares no configuration/],
])("spawn refuses %j", (options, message) => {
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  expect(() => supervisor.spawn(sumsManager, options as never)).toThrow(message);
});

test("a manager that crashes is restarted with a higher epoch; calls it had end as maybe-executed", async () => {
  await using cluster = await testManager(sumsManager);
  const hanging = failure(cluster.calls.hang({}));
  await cluster.crash();
  expect(await hanging).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed", address: "test" });
  expect(cluster.report.epoch).toBe(2);
  expect(await cluster.calls.add({ a: 1, b: 1 })).toBe(2);
});

test("the supervisor restarts maxRestarts times within the window and gives up at one more", async () => {
  const clock = fakeClock();
  const cluster = await localCluster([sumsManager], {
    clock,
    restart: { maxRestarts: 2, within: "60s", initialBackoff: "1s" },
  });
  const { supervisor } = cluster;
  for (const epoch of [2, 3]) {
    supervisor.kill("sums", "test");
    const restarted = supervisor.until(
      "sums",
      "test",
      (report) => report.epoch === epoch && report.status.phase === "ready",
    );
    await clock.advance(10_000);
    await restarted;
  }
  supervisor.kill("sums", "test");
  const gaveUp = await failure(supervisor.finished);
  expect(gaveUp).toMatchObject({ reason: "RESTARTS_EXHAUSTED", address: "test" });
  await cluster.stop();
});

test("restarts older than the window do not count", async () => {
  const clock = fakeClock();
  await using cluster = await localCluster([sumsManager], { clock, restart: { maxRestarts: 1, within: "60s" } });
  for (const epoch of [2, 3, 4]) {
    cluster.supervisor.kill("sums", "test");
    const restarted = cluster.supervisor.until(
      "sums",
      "test",
      (report) => report.epoch === epoch && report.status.phase === "ready",
    );
    await clock.advance(61_000);
    expect(await restarted).toMatchObject({ epoch, supervision: "running" });
  }
  // The same once more within the window is one too many.
  cluster.supervisor.kill("sums", "test");
  await cluster.supervisor.until("sums", "test", ({ supervision }) => supervision === "backingOff");
  await clock.advance(10_000);
  await cluster.supervisor.until("sums", "test", ({ supervision }) => supervision === "running");
  cluster.supervisor.kill("sums", "test");
  expect(await failure(cluster.supervisor.finished)).toMatchObject({ reason: "RESTARTS_EXHAUSTED" });
});

test("a supervisor that is never started keeps no process alive", () => {
  const clock = new ManualClock();
  const store = sqlite({ path: ":memory:" });
  createSupervisor({
    host: "hall",
    store,
    log: silentLogger,
    clock,
    transport: inProcess().client({ caller: "hall" }),
  });
  expect(clock.pending).toBe(0);
});
