import { call, contract, type ReeveError } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { column, createSupervisor, defineManager, defineStore, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster, silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const ledger = contract("ledger", "1.0", {
  enter: call({ input: z.object({ id: z.string() }), output: z.number() }),
});
const ledgerStore = defineStore("ledger", { tables: { entries: table({ id: column.text().primaryKey() }) } });
const port = driverPort("quill", { version: "1.0", methods: { write: query<string>() } });

const ledgerManager = defineManager({
  contract: ledger,
  store: ledgerStore,
  setup: ({ store }) => ({
    operations: {
      enter: async ({ id }) => {
        await store.transaction((tx) => tx.insert("entries", { id }));
        return (await store.selectFrom("entries").select("id").execute()).length;
      },
    },
  }),
});

test("two managers on one store definition share its rows, and the end of one leaves the other writing", async () => {
  await using cluster = await localCluster([
    [ledgerManager, { backend: "a" }],
    [ledgerManager, { backend: "b" }],
  ]);
  const ref = cluster.ref(ledger);
  expect(await ref.at("test@a").enter({ id: "one" })).toBe(1);
  expect(await ref.at("test@b").enter({ id: "two" })).toBe(2);
  await cluster.supervisor.restart("ledger", "test@a");
  expect(await ref.at("test@b").enter({ id: "three" })).toBe(3);
  await cluster.supervisor.drain("ledger", "test@a");
  expect(await ref.at("test@b").enter({ id: "four" })).toBe(4);
});

test("a driver that is late, a crash while it is, and its return end in a manager that is ready", async () => {
  const clock = fakeClock();
  const wire = { plugged: false, setups: 0, open: 0, most: 0 };
  const quill = defineDriver(port, {
    name: "quill",
    options: z.object({}),
    setup: () => {
      if (!wire.plugged) throw new Error("no ink");
      wire.setups++;
      wire.most = Math.max(wire.most, ++wire.open);
      return wire;
    },
    methods: { write: () => "ink" },
    close: () => void wire.open--,
  });
  const prepared: number[] = [];
  const definition = defineManager({
    contract: ledger,
    driver: port,
    setup: ({ driver }) => ({
      initHost: () => void prepared.push(wire.setups),
      operations: { enter: async () => (await driver.write()).length },
    }),
  });
  const { supervisor, stop, ref } = await localCluster([], { clock });
  supervisor.spawn(definition, { driver: quill({}) });
  await clock.advance(11_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { state: "degraded" } }]);
  supervisor.kill("ledger", "test");
  await clock.advance(12_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 2, status: { causes: [{ reason: "DRIVER_LOST" }] } }]);
  wire.plugged = true;
  await clock.advance(70_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 2, status: { state: "serving", phase: "ready" } }]);
  expect(await ref(ledger).enter({ id: "x" })).toBe(3);
  await stop();
  expect(wire).toMatchObject({ setups: 1, open: 0, most: 1 });
  expect(prepared).toEqual([1]);
  expect(clock.pending).toBe(0);
});

test("a setup that hangs for ever is drained in the time a drain has, and the next may come", async () => {
  const clock = fakeClock();
  let hangs = true;
  const definition = defineManager({
    contract: ledger,
    limits: { drainTimeout: "3s" },
    setup: async () => {
      if (hangs) await new Promise(() => {});
      return { operations: { enter: () => 7 } };
    },
  });
  const { supervisor, stop, ref } = await localCluster([], { clock });
  const failed = supervisor
    .spawn(definition)
    .ready()
    .catch((error: ReeveError) => error);
  await clock.advance(60_000);
  expect(supervisor.managers()).toMatchObject([{ status: { state: "booting" } }]);
  const draining = supervisor.drain("ledger", "test");
  await clock.advance(3_000);
  await draining;
  expect(await failed).toMatchObject({ reason: "BOOT_FAILED" });
  hangs = false;
  await supervisor.spawn(definition).ready();
  expect(await ref(ledger).enter({ id: "x" })).toBe(7);
  await stop();
  expect(clock.pending).toBe(0);
});

test("listening to signals twice is listening once, and ends with the supervisor", async () => {
  const count = () => ["SIGTERM", "SIGINT", "SIGHUP"].map((signal) => process.listenerCount(signal));
  const before = count();
  const supervisor = createSupervisor({ host: "a", store: sqlite({ path: ":memory:" }), log: silentLogger });
  await supervisor.start();
  const ignoreFirst = supervisor.handleSignals();
  supervisor.handleSignals();
  expect(count()).toEqual(before.map((listeners) => listeners + 1));
  ignoreFirst();
  expect(count()).toEqual(before.map((listeners) => listeners + 1));
  await supervisor.stop();
  expect(count()).toEqual(before);
});
