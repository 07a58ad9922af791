import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { createSupervisor, defineManager, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { sums, sumsManager } from "./math.fixture.ts";

const echo = contract("echo", "1.0", { say: call({ input: z.object({}), output: z.string() }) });

/** A manager whose `initHost` waits to be let go, and tells when it was reached. */
function gatedManager() {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const definition = defineManager({
    contract: echo,
    setup: () => ({
      initHost: async () => {
        reached.resolve();
        await gate.promise;
      },
      operations: { say: () => "echo" },
    }),
  });
  return { definition, reached: reached.promise, release: gate.resolve };
}

function supervisorOn(clock = fakeClock(), given = {}) {
  return createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger, clock, ...given });
}

test("start twice is one start, stop twice one stop, and nothing is left on the clock", async () => {
  const clock = fakeClock();
  const supervisor = supervisorOn(clock);
  let setups = 0;
  const counted = defineManager({ contract: echo, setup: () => ({ operations: { say: () => String(++setups) } }) });
  supervisor.spawn(counted);
  await Promise.all([supervisor.start(), supervisor.start()]);
  expect(supervisor.managers()).toMatchObject([{ epoch: 1 }]);
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  await supervisor.finished;
  expect(clock.pending).toBe(0);
});

test("start after stop is refused and opens nothing", async () => {
  const clock = fakeClock();
  const supervisor = supervisorOn(clock);
  supervisor.spawn(sumsManager);
  await supervisor.stop();
  expect(await failure(supervisor.start())).toMatchObject({ reason: "NOT_SERVING" });
  expect(() => supervisor.spawn(sumsManager, { backend: "b" })).toThrow(/stops/);
  expect(supervisor.managers()).toMatchObject([{ epoch: 0, status: { state: "stopped" } }]);
  expect(clock.pending).toBe(0);
});

test("a stop in the middle of the start ends what runs, starts nothing more, and start tells", async () => {
  const clock = fakeClock();
  const { definition, reached, release } = gatedManager();
  const supervisor = supervisorOn(clock);
  supervisor.spawn(definition);
  supervisor.spawn(sumsManager);
  const starting = failure(supervisor.start());
  await reached;
  const stopping = supervisor.stop();
  release();
  await stopping;
  expect(await starting).toMatchObject({ reason: "BOOT_FAILED" });
  expect(supervisor.managers()).toMatchObject([
    { manager: "echo", status: { state: "stopped" } },
    { manager: "sums", epoch: 0, status: { state: "stopped" } },
  ]);
  expect(clock.pending).toBe(0);
});

test("a stop while the broker is still waited for ends the waiting and closes what was open", async () => {
  const clock = fakeClock();
  const closed: string[] = [];
  const transport = inProcess().client({ caller: "a" });
  const unreachable = Object.assign(transport, {
    connect: (signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
    close: async () => void closed.push("transport"),
  });
  const supervisor = supervisorOn(clock, { transport: unreachable });
  supervisor.spawn(sumsManager);
  const starting = failure(supervisor.start());
  await clock.advance(1);
  await supervisor.stop();
  expect(await starting).toMatchObject({ reason: "NOT_SERVING" });
  expect(closed).toEqual(["transport"]);
  expect(clock.pending).toBe(0);
});

test("a manager spawned while another starts is started too", async () => {
  const clock = fakeClock();
  const { definition, reached, release } = gatedManager();
  const supervisor = supervisorOn(clock);
  supervisor.spawn(definition);
  const starting = supervisor.start();
  await reached;
  const late = supervisor.spawn(sumsManager);
  release();
  await starting;
  await late.ready();
  expect(supervisor.managers().map(({ status }) => status.phase)).toEqual(["ready", "ready"]);
  await supervisor.stop();
});

test("a manager drained while the others start is no failure of the start", async () => {
  const { definition, reached, release } = gatedManager();
  const supervisor = supervisorOn();
  supervisor.spawn(definition);
  supervisor.spawn(sumsManager, { backend: "x" });
  supervisor.spawn(sumsManager, { backend: "y" });
  const starting = supervisor.start();
  await reached;
  const draining = Promise.all([supervisor.drain("sums", "a@x"), supervisor.drain("echo", "a")]);
  release();
  await draining;
  await starting;
  expect(supervisor.managers()).toMatchObject([
    { address: "a", status: { state: "stopped" } },
    { address: "a@x", epoch: 0, status: { state: "stopped" } },
    { address: "a@y", status: { phase: "ready" } },
  ]);
  await supervisor.stop();
});

test("a manager spawned later that does not start is told of, taken out, and may be spawned again", async () => {
  await using cluster = await localCluster([sumsManager]);
  let broken = true;
  const shaky = defineManager({
    contract: echo,
    setup: () => {
      if (broken) throw "no device";
      return { operations: { say: () => "echo" } };
    },
  });
  const { supervisor } = cluster;
  const spawned = supervisor.spawn(shaky);
  const waiting = failure(cluster.ref(echo).say({}));
  expect(await failure(spawned.ready())).toMatchObject({ reason: "BOOT_FAILED", cause: "no device" });
  expect(await waiting).toMatchObject({ reason: "NOT_SERVING", outcome: "not-executed" });
  expect(supervisor.managers().map(({ manager }) => manager)).toEqual(["sums"]);
  expect(cluster.log.lines.some(({ message }) => message === "a spawned manager did not start")).toBe(true);
  broken = false;
  await supervisor.spawn(shaky).ready();
  expect(await cluster.ref(echo).say({})).toBe("echo");
});

test("two majors of one contract at one address are refused, and live side by side at two", async () => {
  const next = contract("echo", "2.0", { say: call({ input: z.object({}), output: z.string() }) });
  const first = defineManager({ contract: echo, setup: () => ({ operations: { say: () => "one" } }) });
  const second = defineManager({ contract: next, setup: () => ({ operations: { say: () => "two" } }) });
  const supervisor = supervisorOn();
  supervisor.spawn(first);
  expect(() => supervisor.spawn(second)).toThrow(/echo: a is taken/);
  supervisor.spawn(second, { backend: "next" });
  await supervisor.start();
  expect(await supervisor.ref(echo).say({})).toBe("one");
  expect(await supervisor.ref(next).say({})).toBe("two");
  await supervisor.stop();
});

test("waiting for a manager ends when the supervisor stops without it", async () => {
  const clock = fakeClock();
  const supervisor = supervisorOn(clock, { restart: { initialBackoff: "10s" } });
  const spawned = supervisor.spawn(sumsManager);
  await supervisor.start();
  supervisor.kill("sums", "a");
  const waiting = failure(supervisor.until("sums", "a", ({ epoch }) => epoch > 1));
  await supervisor.stop();
  expect(await waiting).toMatchObject({ reason: "NOT_SERVING" });
  expect(await failure(spawned.ready())).toMatchObject({ reason: "BOOT_FAILED" });
  expect(clock.pending).toBe(0);
});

test("a condition that throws harms its asker alone", async () => {
  await using cluster = await localCluster([sumsManager]);
  let asked = 0;
  const waiting = failure(
    cluster.supervisor.until("sums", "test", () => {
      if (asked++ > 0) throw new Error("odd condition");
      return false;
    }),
  );
  await cluster.supervisor.reset();
  expect((await waiting).message).toBe("odd condition");
  expect(await cluster.ref(sums).add({ a: 1, b: 1 })).toBe(2);
  expect(cluster.supervisor.managers()).toMatchObject([{ epoch: 1, status: { phase: "ready" } }]);
});

test("a stop that times out leaves a hanging close hook behind, and no timer of it", async () => {
  const clock = fakeClock();
  const hanging = defineManager({
    contract: echo,
    setup: () => ({ close: () => new Promise<void>(() => {}), operations: { say: () => "echo" } }),
  });
  const supervisor = supervisorOn(clock, { stopTimeout: "5s" });
  supervisor.spawn(sumsManager);
  supervisor.spawn(hanging);
  await supervisor.start();
  const stopping = supervisor.stop();
  await clock.advance(5_000);
  await stopping;
  expect(supervisor.managers().map(({ status }) => status.state)).toEqual(["stopped", "stopped"]);
  expect(clock.pending).toBe(0);
});

test("a manager that waits for its driver stops at once, and takes its patience with it", async () => {
  const clock = fakeClock();
  const port = driverPort("line", { version: "1.0", methods: { look: query<string>() } });
  const never = defineDriver(port, {
    name: "never",
    options: z.object({}),
    setup: (_, { signal }) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    methods: { look: () => "" },
  });
  const lines = defineManager({
    contract: echo,
    driver: port,
    setup: ({ driver }) => ({ operations: { say: () => driver.look() } }),
  });
  const supervisor = supervisorOn(clock);
  supervisor.spawn(lines, { driver: never({}) });
  const starting = failure(supervisor.start());
  await clock.advance(5_000);
  await supervisor.stop();
  expect(await starting).toMatchObject({ reason: "BOOT_FAILED" });
  expect(clock.pending).toBe(0);
});

test("a supervisor that is stopped before it started lets go of its link", async () => {
  const clock = fakeClock();
  const listeners = new Set<unknown>();
  const transport = inProcess().client({ caller: "a" });
  const { onLink } = transport;
  Object.assign(transport, {
    onLink: (listener: (up: boolean) => void) => {
      listeners.add(listener);
      const forget = onLink.call(transport, listener);
      return () => {
        listeners.delete(listener);
        forget();
      };
    },
  });
  const supervisor = supervisorOn(clock, { transport });
  supervisor.spawn(sumsManager);
  await supervisor.stop();
  expect(listeners.size).toBe(0);
  expect(clock.pending).toBe(0);
});
