import { call, contract, reeveError } from "@reeve/contract";
import { connect, createSupervisor, defineManager, inProcess, type StoreBackend } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, seededRandom, silentLogger } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { kiosk, kioskManager, ledger, ledgerManager, office, officeManager } from "./ledger.ts";

const memory = () => sqlite({ path: ":memory:" });

test("a cast of an operation whose call is repeated under its key is made once", async () => {
  let fails = true;
  await using house = await localCluster([
    ledgerManager(),
    officeManager(async (what, ctx) => {
      await ctx.ref(ledger).note({ text: what });
      if (fails) throw new Error("after it");
    }),
  ]);
  const act = () => house.ref(office).act({ what: "once" }, { idempotencyKey: "k" });
  await failure(act());
  fails = false;
  // Its first commit was the cast's: nobody can tell what else it had done.
  expect(await failure(act())).toMatchObject({ reason: "DUPLICATE_KEY" });
  const noted = (text: string) => vi.waitFor(async () => expect(await house.ref(ledger).read({})).toContain(text));
  // Casts of different senders come in any order.
  await noted("once");
  await house.ref(ledger).note({ text: "last" });
  await noted("last");
  expect(await house.ref(ledger).read({})).toEqual(["once", "last"]);
});

test("a manager casts to itself", async () => {
  const order: string[] = [];
  await using house = await localCluster([
    officeManager(async (what, ctx, store) => {
      if (what === "first") {
        await store.transaction((tx) => ctx.ref(office).later({ what: "second" }, { tx }));
      }
      order.push(what);
      await store.transaction((tx) => tx.insert("done", { what }));
    }),
  ]);
  await house.ref(office).act({ what: "first" });
  await vi.waitFor(() => expect([...order].sort()).toEqual(["first", "second"]));
});

test("hooks, managers without a store and the supervisor cast through the host", async () => {
  await using house = await localCluster([
    ledgerManager(),
    kioskManager(
      (what, ctx) => ctx.ref(ledger).note({ text: what }),
      (ctx) => ctx.ref(ledger).note({ text: "hook" }),
    ),
  ]);
  await house.ref(kiosk).act({ what: "storeless" });
  await house.ref(ledger).note({ text: "host" });
  await house.as({ user: "ada", roles: [] }).ref(ledger).note({ text: "ada" });
  const told = ["ada", "hook", "host", "storeless"];
  await vi.waitFor(async () => expect([...(await house.ref(ledger).read({}))].sort()).toEqual(told));
});

test("what cannot be kept is refused as it is cast, and says why", async () => {
  await using house = await localCluster([
    ledgerManager(),
    officeManager(async (_, ctx, store) => {
      const ref = ctx.ref(ledger);
      await store.transaction((tx) => kept.push({ tx, ref }));
      await store.transaction(async () => ref.note({ text: "inside" }));
    }),
  ]);
  const kept: { tx: object; ref: ReturnType<typeof house.ref<typeof ledger>> }[] = [];
  expect(await failure(house.ref(office).act({ what: "x" }))).toMatchObject({ reason: "STORE_MISUSE" });
  const { tx, ref } = kept[0]!;
  expect(await failure(ref.note({ text: "x" }, { tx }))).toMatchObject({ reason: "STORE_MISUSE" });
  expect(await failure(house.ref(ledger).note({ text: "x" }, { tx }))).toMatchObject({ reason: "STORE_MISUSE" });
  expect(await failure(house.ref(ledger).note({ text: 1 as never }))).toMatchObject({
    ...{ reason: "INVALID_INPUT", outcome: "never-sent", data: { issues: [{ path: "text" }] } },
  });
  expect(await house.ref(ledger).read({})).toEqual([]);
});

test.each<[string, unknown, string]>([
  ["nested too deep", nested(100), "nested more than 64 deep"],
  ["a cycle", cycle(), "refers to itself"],
  ["an invalid date", new Date(Number.NaN), "timestamp"],
  ["too many values", Array.from({ length: 70_000 }, (_, index) => index), "values"],
])("%s is refused as it is cast, and is never a dead letter", async (_, value, problem) => {
  await using house = await localCluster([ledgerManager()]);
  const told = await failure(house.ref(ledger).note({ text: "x", value } as never));
  expect(told).toMatchObject({ reason: "INVALID_INPUT", outcome: "never-sent" });
  expect(told.message).toContain(problem);
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

function cycle(): object {
  const made: { self?: object } = {};
  made.self = made;
  return made;
}

test("a timer may be years long and no whole number of milliseconds, and only one time is taken", async () => {
  const clock = fakeClock();
  await using house = await localCluster([ledgerManager()], { clock, store: memory() });
  const ref = house.ref(ledger);
  await ref.note({ text: "third" }, { after: 1_000 / 3 });
  await ref.note({ text: "years" }, { after: "3650d" });
  await ref.note({ text: "1969" }, { at: new Date(-1) });
  await ref.note({ text: "never" }, { at: new Date(8.64e15) });
  for (const [options, value] of [
    [{ after: -1 }, "-1"],
    [{ after: Number.POSITIVE_INFINITY }, "Infinity"],
    [{ after: "36600d" }, "36600d"],
    [{ at: new Date("x") }, "at: expected a valid Date"],
    [{ after: 1, at: new Date() }, "both"],
  ] as const) {
    const refused = await failure(ref.note({ text: "x" }, options as never));
    expect(refused).toMatchObject({ reason: "INVALID_OPTION", message: expect.stringContaining(value) });
  }
  await clock.advance(334);
  await vi.waitFor(async () => expect([...(await ref.read({}))].sort()).toEqual(["1969", "third"]));
});

test("before its start and after its end a host has nothing to keep a cast in", async () => {
  const supervisor = createSupervisor({ host: "a", store: memory(), log: silentLogger });
  const refused = { reason: "NOT_SERVING", outcome: "never-sent" };
  expect(await failure(supervisor.ref(ledger).note({ text: "x" }))).toMatchObject(refused);
  await supervisor.start();
  await supervisor.stop();
  expect(await failure(supervisor.ref(ledger).note({ text: "x" }))).toMatchObject(refused);
});

test("a cast that only another major of its callee is there for says what it waits for", async () => {
  await using house = await localCluster([newLedger]);
  await house.ref(ledger).at("test").note({ text: "x" });
  const host = house
    .as({ user: "ada", roles: ["viewer"] })
    .ref(hosts)
    .at("test");
  await vi.waitFor(async () =>
    expect((await host.casts({})).items).toMatchObject([
      {
        state: "waiting",
        reason: "NO_RESPONDERS",
        lastError: expect.stringContaining("ledger of version 1.x at test"),
      },
    ]),
  );
});

const newLedger = defineManager({
  contract: contract("ledger", "2.0", { read: call({ input: z.object({}) }) }),
  setup: () => ({ operations: { read: () => {} } }),
});

test("a process without a store is answered when its cast has been carried out", async () => {
  const hub = inProcess();
  await using house = await localCluster([ledgerManager()], { transport: hub.client({ caller: "test" }) });
  await using caller = await connect({ transport: hub.client({ caller: "web" }) });
  await caller.ref(ledger).note({ text: "now" });
  expect(await house.ref(ledger).read({})).toEqual(["now"]);
});

/** A database whose commits are made, and every so-manyth of which nobody is told. */
function forgetful(inner: StoreBackend, loses: () => boolean): StoreBackend {
  return {
    async open(options) {
      const connections = await inner.open(options);
      const write: typeof connections.write = async (body, given) => {
        const result = await connections.write(body, given);
        if (loses()) throw reeveError("STORE_FAILED", "the answer was lost", { outcome: "maybe-executed" });
        return result;
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name === "write") return write;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
}

test.each(["its own transaction", "the caller's"])(
  "a commit of %s whose answer is lost is sent once",
  async (whose) => {
    let losing = false;
    const loses = () => {
      const lost = losing;
      losing = false;
      return lost;
    };
    await using house = await localCluster(
      [
        ledgerManager(),
        officeManager(async (what, ctx, store) => {
          losing = true;
          if (whose === "the caller's") await store.transaction((tx) => ctx.ref(ledger).note({ text: what }, { tx }));
          else await ctx.ref(ledger).note({ text: what });
        }),
      ],
      { store: forgetful(memory(), loses) },
    );
    expect(await failure(house.ref(office).act({ what: "lost" }))).toMatchObject({ reason: "STORE_FAILED" });
    await vi.waitFor(async () => expect(await house.ref(ledger).read({})).toEqual(["lost"]));
  },
);

test.each([1, 2, 3])(
  "with any commit's answer lost, on either side, each cast has one effect (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const clock = fakeClock();
    let losing = false;
    const store = forgetful(memory(), () => losing && random() < 0.3);
    await using house = await localCluster([ledgerManager()], { store, clock });
    losing = true;
    const texts = Array.from({ length: 20 }, (_, index) => String(index));
    for (const text of texts)
      await house
        .ref(ledger)
        .note({ text })
        .catch(() => undefined);
    const told = async () => [...(await house.ref(ledger).read({}))].sort();
    await vi.waitFor(async () => {
      await clock.advance(300_000);
      expect(await told()).toHaveLength(20);
    });
    losing = false;
    // Whatever is still to be settled is no reason to do it again.
    for (let hour = 0; hour < 12; hour++) await clock.advance(300_000);
    expect(await told()).toEqual([...texts].sort());
  },
);

test("a callee that is long away finds what was cast for it, as soon as it is there", { timeout: 60_000 }, async () => {
  const clock = fakeClock();
  const supervisor = createSupervisor({ host: "a", store: memory(), log: silentLogger, clock });
  supervisor.spawn(kioskManager(() => {}));
  await supervisor.start();
  await supervisor.ref(ledger).note({ text: "for later" });
  await clock.advance(3 * 86_400_000);
  supervisor.spawn(ledgerManager());
  await vi.waitFor(async () => expect(await supervisor.ref(ledger).read({})).toEqual(["for later"]));
  await supervisor.stop();
  expect(clock.pending).toBe(0);
});

test("a drained caller leaves the rest to its next life", async () => {
  const gate = Promise.withResolvers<void>();
  await using house = await localCluster([
    ledgerManager((text) => (text === "0" ? gate.promise : undefined)),
    officeManager(async (what, ctx) => {
      for (let index = 0; index < 3; index++) await ctx.ref(ledger).inOrder({ text: String(index), book: what });
    }),
  ]);
  await house.ref(office).act({ what: "b" });
  const restarting = house.supervisor.restart("office", "test");
  gate.resolve();
  await restarting;
  await vi.waitFor(async () => expect(await house.ref(ledger).read({})).toEqual(["0", "1", "2"]));
});

test("an owner is found, and a dead letter of one lane is not in the way of another", async () => {
  await using house = await localCluster([
    ledgerManager((text) => {
      if (text === "bad") throw new Error("no");
    }),
  ]);
  const ref = house.ref(ledger);
  await ref.owned({ text: "owned", owner: "test" });
  await ref.inOrder({ text: "bad", book: "a" });
  await ref.inOrder({ text: "stuck", book: "a" });
  await ref.lenient({ text: "bad", book: "b" });
  await ref.lenient({ text: "goes on", book: "b" });
  await vi.waitFor(async () => expect([...(await ref.read({}))].sort()).toEqual(["goes on", "owned"]));
});
