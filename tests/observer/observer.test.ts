import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, method, streaming } from "@reeve/driver-sdk";
import {
  column,
  connect,
  createSupervisor,
  defineManager,
  defineStore,
  inProcess,
  job,
  type Observer,
  table,
} from "@reeve/runtime";
import type { Ending, Observation } from "@reeve/runtime/observer";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, recordingLogger, silentLogger } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { nets } from "../kit/nets.ts";

const Id = z.object({ id: z.string() });
const Text = z.string();
const mills = contract("mill", "1.0", {
  grind: call({ input: Id, output: Text }),
  jam: call({ input: Id, output: Text, errors: { JAMMED: z.object({}) } }),
  trace: call({ input: z.object({}), output: z.object({ traceparent: Text.optional() }) }),
  wait: call({ input: z.object({}), timeout: "5s" }),
  splash: call({ input: z.object({ drops: z.number() }), output: z.number() }),
});
const farms = contract("farm", "1.0", { bake: call({ input: Id, output: Text }) });
const tables = { sacks: table({ id: column.text().primaryKey() }) };
const wheels = driverPort("wheel", {
  version: "1.0",
  methods: { turn: method<{ id: string }, string>(), splash: streaming<{ drops: number }, number>() },
});
const wheel = defineDriver(wheels, {
  name: "water-wheel",
  options: z.object({}),
  setup: async () => ({}),
  methods: {
    turn: async (_, { id }: { id: string }) => {
      if (id === "stone") throw new Error("the wheel is stuck");
      return `${id} turned`;
    },
    async *splash(_, { drops }: { drops: number }) {
      for (let drop = 0; drop < drops; drop++) yield drop;
      if (drops > 5) throw new Error("the pond is empty");
    },
  },
})({});
const mill = defineManager({
  contract: mills,
  driver: wheels,
  store: defineStore("mill", { tables }),
  jobs: { grinding: job<{ id: string }>() },
  setup: ({ driver, store, work }) => ({
    operations: {
      async grind({ id }) {
        const begun = await store.transaction(async (tx) => {
          await tx.insert("sacks", { id });
          return work.begin(tx, "grinding", `sack:${id}`, { id });
        });
        return work.run(begun, async ({ signal }) => {
          const turned = await driver.turn({ id }, { signal });
          return () => turned;
        });
      },
      async splash({ drops }) {
        let sum = 0;
        for await (const drop of driver.splash({ drops })) sum += drop;
        return sum;
      },
      jam: (_, ctx) => ctx.fail("JAMMED", {}),
      trace: (_, { traceparent }) => ({ traceparent }),
      wait: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
    recover: { grinding: () => () => "mended" },
  }),
});
const farm = defineManager({
  contract: farms,
  setup: () => ({ operations: { bake: ({ id }, ctx) => ctx.ref(mills).grind({ id }) } }),
});

interface Seen extends Observation {
  readonly kind: keyof Observer;
  readonly what: any;
  ending: Ending | undefined;
}

/** Notes what it is told, in order. */
function notes(traceparent?: string): {
  readonly observer: Observer;
  readonly seen: readonly Seen[];
  of(kind: keyof Observer): readonly Seen[];
} {
  const seen: Seen[] = [];
  const note = (kind: keyof Observer) => (what: unknown) => {
    const one: Seen = {
      kind,
      what,
      ending: undefined,
      traceparent,
      end: (ending) => {
        expect(one.ending).toBeUndefined();
        one.ending = ending;
      },
    };
    seen.push(one);
    return one;
  };
  const observer = {
    call: note("call"),
    run: note("run"),
    driverCall: note("driverCall"),
    transaction: note("transaction"),
    work: note("work"),
  };
  return { observer, seen, of: (kind) => seen.filter((one) => one.kind === kind) };
}

const memory = () => sqlite({ path: ":memory:" });
const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const child = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

describe.each(nets)("an observer, %s", (_, open) => {
  test("sees call, run, driver call, transactions and work, each with its parent and its end", async () => {
    await using net = await open();
    const [there, here] = [notes(), notes()];
    const supervisor = createSupervisor({
      ...{ host: "mill-01", transport: net.transport("mill-01"), store: memory(), log: silentLogger },
      ...{ observer: there.observer, trustedForwarders: ["web"] },
    });
    supervisor.spawn(mill, { driver: wheel });
    await supervisor.start();
    await using _stop = { [Symbol.asyncDispose]: () => supervisor.stop() };
    await using web = await connect({ transport: net.transport("web"), log: silentLogger, observer: here.observer });
    const ada = { user: "ada", tenant: "mills", roles: ["miller"] };
    expect(await web.as(ada).ref(mills).grind({ id: "rye" })).toBe("rye turned");
    const done = {
      error: undefined,
      reason: undefined,
      outcome: "executed",
      address: "mill-01",
      ms: expect.any(Number),
    };
    const [called] = here.of("call");
    expect(here.seen).toEqual([called]);
    expect(called).toMatchObject({
      what: {
        manager: "mill",
        operation: "grind",
        caller: "web",
        principal: ada,
        parent: undefined,
        traceparent: undefined,
      },
      ending: done,
    });
    expect(called!.what.requestId).toMatch(/./);
    const [run] = there.of("run");
    expect(run).toMatchObject({
      what: {
        manager: "mill",
        operation: "grind",
        caller: "web",
        principal: ada,
        address: "mill-01",
        parent: undefined,
      },
      ending: done,
    });
    const step = { manager: "mill", address: "mill-01" };
    const [work] = there.of("work");
    expect(work).toMatchObject({ what: { ...step, kind: "grinding", resource: "sack:rye" }, ending: done });
    const [turned] = there.of("driverCall");
    expect(turned).toMatchObject({ what: { ...step, driver: "water-wheel", method: "turn" }, ending: done });
    const transactions = there.of("transaction");
    expect(transactions.map(({ what, ending }) => [what.address, ending?.outcome])).toEqual([
      ["mill-01", "executed"],
      ["mill-01", "executed"],
    ]);
    for (const one of [work, turned, ...transactions]) expect(one!.what.parent).toBe(run);
  });

  test("is told how each of them failed", async () => {
    await using net = await open();
    const [there, here] = [notes(), notes()];
    const supervisor = createSupervisor({
      ...{
        host: "mill-01",
        transport: net.transport("mill-01"),
        store: memory(),
        log: silentLogger,
        observer: there.observer,
      },
    });
    supervisor.spawn(mill, { driver: wheel });
    await supervisor.start();
    await using _stop = { [Symbol.asyncDispose]: () => supervisor.stop() };
    await using web = await connect({ transport: net.transport("web"), log: silentLogger, observer: here.observer });
    await expect(web.ref(mills).jam({ id: "oat" })).rejects.toMatchObject({ reason: "JAMMED" });
    const jammed = { reason: "JAMMED", outcome: "executed", address: "mill-01" };
    expect(here.of("call")[0]!.ending).toMatchObject(jammed);
    expect(there.of("run")[0]!.ending).toMatchObject(jammed);
    await expect(web.ref(mills).grind({ id: "stone" })).rejects.toThrow();
    for (const kind of ["driverCall", "work", "run"] as const) {
      expect(there.of(kind).at(-1)!.ending!.error, kind).toBeInstanceOf(Error);
    }
    await expect(web.ref(farms).bake({ id: "rye" })).rejects.toMatchObject({ reason: "NO_RESPONDERS" });
    expect(here.of("call").at(-1)!.ending).toMatchObject({
      reason: "NO_RESPONDERS",
      outcome: "never-sent",
      address: undefined,
    });
  });

  test("a traceparent of the caller's observer reaches the handler, and the observer there", async () => {
    await using net = await open();
    const [there, here] = [notes(), notes(parent)];
    const supervisor = createSupervisor({
      ...{
        host: "mill-01",
        transport: net.transport("mill-01"),
        store: memory(),
        log: silentLogger,
        observer: there.observer,
      },
    });
    supervisor.spawn(mill, { driver: wheel });
    await supervisor.start();
    await using _stop = { [Symbol.asyncDispose]: () => supervisor.stop() };
    await using web = await connect({ transport: net.transport("web"), log: silentLogger, observer: here.observer });
    expect(await web.ref(mills).trace({})).toEqual({ traceparent: parent });
    expect(there.of("run")[0]!.what.traceparent).toBe(parent);
    await using plain = await connect({ transport: net.transport("plain"), log: silentLogger });
    expect(await plain.ref(mills).trace({})).toEqual({});
  });
});

async function alone(observer: Observer, clock = fakeClock()) {
  const log = recordingLogger();
  const supervisor = createSupervisor({ host: "mill-01", store: memory(), log, observer, clock });
  supervisor.spawn(mill, { driver: wheel });
  supervisor.spawn(farm);
  await supervisor.start();
  return { supervisor, log, clock, [Symbol.asyncDispose]: () => supervisor.stop() };
}

test("in one process a run is the child of its call, and a nested call of that run; the trace goes on", async () => {
  const seen = notes(child);
  await using host = await alone(seen.observer);
  expect(await host.supervisor.ref(farms).bake({ id: "rye" })).toBe("rye turned");
  const [outer, inner] = seen.of("call");
  const [baked, ground] = seen.of("run");
  expect([outer!.what.parent, baked!.what.parent, inner!.what.parent, ground!.what.parent]).toEqual([
    undefined,
    outer,
    baked,
    inner,
  ]);
  expect(baked!.what.parent).toBe(outer);
  expect(inner!.what.parent).toBe(baked);
  expect(ground!.what.parent).toBe(inner);
  expect(inner!.what.caller).toBe("farm/mill-01");
  expect(inner!.what.requestId).toBe(outer!.what.requestId);
  expect([outer!.what.traceparent, inner!.what.traceparent]).toEqual([undefined, child]);
});

test("a driver's stream is seen from its first step to its end", async () => {
  const seen = notes();
  await using host = await alone(seen.observer);
  expect(await host.supervisor.ref(mills).splash({ drops: 3 })).toBe(3);
  await expect(host.supervisor.ref(mills).splash({ drops: 6 })).rejects.toThrow();
  const [good, bad] = seen.of("driverCall");
  expect(good).toMatchObject({ what: { method: "splash" }, ending: { error: undefined, outcome: "executed" } });
  expect(bad!.ending!.error).toBeInstanceOf(Error);
});

test("time is that of the runtime's clock, and a deadline is an end", async () => {
  const seen = notes();
  await using host = await alone(seen.observer);
  const waited = host.supervisor
    .ref(mills)
    .wait({})
    .catch((error: unknown) => error);
  await host.clock.advance(6_000);
  expect(await waited).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  const [called] = seen.of("call");
  expect(called!.ending).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  expect(called!.ending!.ms).toBeGreaterThanOrEqual(5_000);
  expect(called!.ending!.ms).toBeLessThanOrEqual(6_000);
});

test("an observer that throws, wherever, harms no call and is warned of once", async () => {
  const broken = () => {
    throw new Error("no exporter");
  };
  const ends = { call: () => ({ end: broken }), run: () => ({ end: broken }), work: () => ({ end: broken }) };
  const all = { call: broken, run: broken, driverCall: broken, transaction: broken, work: broken };
  for (const observer of [all, ends, { ...ends, driverCall: () => ({ traceparent: "my-trace" }) }]) {
    await using host = await alone(observer);
    for (const id of ["rye", "oat"]) expect(await host.supervisor.ref(mills).grind({ id })).toBe(`${id} turned`);
    expect(host.log.lines.filter(({ message }) => message?.includes("observer"))).toHaveLength(1);
  }
});

test("an observer whose methods are asynchronous and fail ends no process, and is warned of once", async () => {
  const rejected = async () => {
    throw new Error("no exporter");
  };
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  for (const observer of [{ call: rejected, run: rejected }, { run: () => ({ end: rejected }) }] as object[]) {
    await using host = await alone(observer as Observer);
    expect(await host.supervisor.ref(mills).grind({ id: "rye" })).toBe("rye turned");
    await new Promise((resolve) => setImmediate(resolve));
    expect(host.log.lines.filter(({ message }) => message?.includes("observer"))).toHaveLength(1);
  }
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("an observer that calls managers while it is told of an end harms no call, and each begin has its end", async () => {
  const open = { call: 0, run: 0 };
  let nested: Promise<unknown> | undefined;
  const seen = (kind: "call" | "run") => () => {
    open[kind]++;
    return {
      end() {
        open[kind]--;
        nested ??= host.supervisor.ref(mills).grind({ id: "oat" });
      },
    };
  };
  await using host = await alone({ call: seen("call"), run: seen("run") });
  expect(await host.supervisor.ref(mills).grind({ id: "rye" })).toBe("rye turned");
  expect(await nested).toBe("oat turned");
  await expect.poll(() => open).toEqual({ call: 0, run: 0 });
});

test("what is no observer is refused by name", () => {
  for (const [observer, message] of [
    [7, "createSupervisor: observer: expected an object with some of call, run, driverCall, transaction, work, got 7"],
    [{ run: 7 }, "createSupervisor: observer.run: expected a function, got 7"],
  ] as const) {
    expect(() =>
      createSupervisor({ host: "a", transport: inProcess().client({ caller: "a" }), observer: observer as never }),
    ).toThrow(message);
  }
});
