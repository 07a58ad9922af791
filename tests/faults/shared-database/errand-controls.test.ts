import { postgres } from "@reeve/postgres";
import { createSupervisor, inProcess } from "@reeve/runtime";
import { type PostgresServer, postgresServer, silentLogger } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Account } from "./account.ts";
import { brokenStore } from "./broken-store.ts";
import { type ErrandVerdict, judgeErrands } from "./errand-audit.ts";
import { errandsSeen, errandsWitnessed } from "./errand-witness.ts";
import { courierManager, type Errand, errandManager, errands, ways } from "./errands.ts";
import type { Broken } from "./host-settings.ts";

// What the checker of casts, timers, tasks and leases finds where a rule of the runtime is switched off under it.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const soon = { timeout: 30_000, interval: 50 };

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** Two members of a cluster on one database, and somebody outside. */
async function estate(broken?: Broken) {
  const url = await server.createDatabase();
  const hub = inProcess();
  const account = new Account();
  const start = async (host: string) => {
    const real = postgres({ url });
    const supervisor = createSupervisor({
      ...{
        host,
        cluster: "rack",
        transport: hub.client({ caller: host }),
        log: silentLogger,
        trustedForwarders: ["*"],
      },
      store: broken === undefined ? real : brokenStore(real, broken, host),
    });
    onTestFinished(() => supervisor.stop());
    supervisor.spawn(errandManager);
    supervisor.spawn(courierManager);
    await supervisor.start();
    return supervisor;
  };
  const first = await start("a");
  await errandsWitnessed(server, url);
  const second = await start("b");
  const ref = first.ref(errands).at("a");
  const send = (errand: Errand) =>
    account.log("errand", errand.id, () => ref.send(errand, { idempotencyKey: errand.id }));
  const seen = () => errandsSeen(server, url);
  const verdict = async () => judgeErrands(account, await seen());
  const query = (text: string) => server.query(text, [], url);
  const settled = () =>
    expect.poll(() => query("select from reeve_outbox where state in ('waiting', 'sent')"), soon).toEqual([]);
  return { first, second, ref, send, seen, verdict, query, settled };
}

const kept: ErrandVerdict = {
  ...{ undone: [], doneTwice: [], unasked: [], early: [] },
  ...{ disordered: [], overlapping: [], wrongEpochs: [], seized: [] },
};

test("where every rule holds it finds nothing", async () => {
  const { ref, send, seen, verdict, settled } = await estate();
  for (const way of ways)
    for (const to of [null, "a", "b", "rack"]) await send({ id: `${way} to ${to}`, way, to, delayMs: 100 });
  for (let count = 0; count < 2; count++) await ref.hold({ lease: "gate", steps: 2 });
  await settled();
  await expect.poll(async () => (await seen()).counts.turns, soon).toBeGreaterThan(2);
  expect(await verdict()).toEqual(kept);
  expect((await seen()).counts).toMatchObject({ done: 4 * ways.length, sent: 4 * (ways.length - 1), holds: 4 });
});

test("a cast that is not kept is missed, with its row and without", async () => {
  const { send, verdict } = await estate("outbox");
  await send({ id: "alone", way: "alone", to: null });
  await send({ id: "with", way: "with a row", to: null });
  expect(await verdict()).toEqual({
    ...kept,
    undone: ["with, sent with a row", "alone was acknowledged", "with was acknowledged"],
  });
});

test("a cast whose end and key are forgotten is done twice", async () => {
  const { first, second, send, verdict, seen } = await estate("end");
  await send({ id: "again", way: "alone", to: "b" });
  const times = async () => (await seen()).done.get("again") ?? 0;
  await expect.poll(times, soon).toBe(1);
  // Whoever is next delivers what had not ended, to somebody who remembers nothing.
  second.kill("errand", "b");
  first.kill("errand", "a");
  await expect.poll(times, soon).toBe(2);
  expect(await verdict()).toEqual({ ...kept, doneTwice: ["again: 2 times"] });
});

test("what is done though its caller was told otherwise is found", async () => {
  const { send, seen, settled } = await estate();
  await send({ id: "secret", way: "alone", to: null });
  await settled();
  const account = new Account();
  const refused = { key: "secret", operation: "errand", invokedAt: 0, ending: "not-executed" } as const;
  account.entries.push({ ...refused, reason: "FULL" });
  expect(judgeErrands(account, await seen()).unasked).toEqual(["secret: FULL"]);
});

test("a timer that fires at once is found, whatever says when", async () => {
  const { send, verdict, settled } = await estate("timer");
  await send({ id: "after", way: "after", to: null, delayMs: 60_000 });
  await send({ id: "at", way: "at", to: null, delayMs: 60_000 });
  await settled();
  const { early, ...rest } = await verdict();
  expect(early.map((told) => told.split(",")[0]).sort()).toEqual(["after", "at"]);
  expect(rest).toMatchObject({ undone: [], doneTwice: [] });
});

test("a lane whose casts do not wait for each other is found", async () => {
  const { send, verdict, settled } = await estate("lane");
  for (const id of ["one", "two"]) await send({ id, way: "in turn", to: "b", lane: "left" });
  await settled();
  expect((await verdict()).disordered).toEqual(["left of a to b: 1 after 2"]);
});

test("two that run a task of the cluster at once are found, and the lease that was taken", async () => {
  const { verdict } = await estate("lease");
  await expect.poll(async () => (await verdict()).overlapping, soon).not.toEqual([]);
  expect((await verdict()).seized.join()).toContain("periodic");
});

test("an epoch that is given twice is found, in the table and with its holders", async () => {
  const { ref, verdict } = await estate("lease epoch");
  for (let count = 0; count < 3; count++) await ref.hold({ lease: "gate", steps: 1 });
  const { wrongEpochs } = await verdict();
  expect(wrongEpochs).toContain("gate: 2 granted more than once");
});
