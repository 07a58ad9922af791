import { expect, test } from "vitest";
import type { StoreBackend } from "../store/index.ts";
import type { Delivery } from "./cast-event.ts";
import { OperatedCasts } from "./operated-casts.ts";
import { openOffice } from "./relay.test-kit.ts";

const rejected: Delivery = { event: "rejected", reason: "FULL", message: "no more", heard: true };
const unheard = { after: undefined, limit: 10 };

async function operatedOffice(options: Parameters<typeof openOffice>[0] = {}) {
  const office = await openOffice(options);
  const { relay, callees, fence } = await office.relay();
  const operated = new OperatedCasts({
    ...{ database: office.database, host: "a", fence },
    onChanged: () => relay.reload(),
  });
  const start = async () => {
    relay.start();
    await office.settled();
  };
  return { ...office, callees, operated, start };
}

test("casts are listed by id and page, by state and by what they call, and never what they say", async () => {
  await using office = await operatedOffice();
  const later = office.clock.wallNow() + 1_000;
  const ids = await office.put(
    {},
    { nextAt: later, dueAt: later },
    { state: "dead" },
    { operation: "other" },
    { host: "b" },
  );
  await office.put({ state: "done" });
  const { operated } = office;
  const all = await operated.listCasts({}, unheard);
  expect(all.map(({ id }) => id)).toEqual(ids.slice(0, 4));
  expect(all[1]).toEqual({
    ...{ id: ids[1], holder: "office/a", manager: "ledger", operation: "note", address: null, lane: null },
    ...{ state: "waiting", user: "office/a", tenant: null, requestId: "r", createdAt: 0, dueAt: later, nextAt: later },
    ...{ attempts: 0, reason: null, lastError: null },
  });
  const listed = async (filter: object, page: object = {}) =>
    (await operated.listCasts(filter, { ...unheard, ...page })).map(({ id }) => ids.indexOf(id));
  expect(await listed({}, { limit: 2 })).toEqual([0, 1]);
  expect(await listed({}, { after: ids[1], limit: 2 })).toEqual([2, 3]);
  expect(await listed({ state: "dead" })).toEqual([2]);
  expect(await listed({ operation: "other", manager: "ledger" })).toEqual([3]);
});

test("what many casts say is not read for a list of them", async () => {
  const asked: string[] = [];
  const around = (backend: StoreBackend): StoreBackend => ({
    async open(options) {
      const connections = await backend.open(options);
      const read: typeof connections.read = (layout, query) => {
        asked.push(query.sql);
        return connections.read(layout, query);
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name === "read") return read;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  });
  await using office = await operatedOffice({ around });
  await office.put(...Array.from({ length: 3 }, () => ({ state: "dead" as const })));
  asked.length = 0;
  expect(await office.operated.listCasts({ state: "dead" }, { after: undefined, limit: 2 })).toHaveLength(2);
  expect(asked).toEqual([expect.stringContaining("limit")]);
  expect(asked.filter((sql) => sql.includes("*") || sql.includes('"input"'))).toEqual([]);
});

test("what died for certain is replayed under a new key, and its old one is acknowledged", async () => {
  await using office = await operatedOffice();
  const [id] = await office.put({});
  await office.start();
  await office.callees.sent[0]!.end(rejected);
  await office.settled();
  expect(await office.operated.replay(id!)).toMatchObject({ cast: { id, state: "waiting", address: null } });
  await office.settled();
  expect(office.callees.sent[1]).toMatchObject({
    ...{ row: { id, key: `${id}-1`, attempts: 1, uncertain: false }, carried: { acknowledges: [id] } },
  });
  await office.callees.sent[1]!.end(rejected);
  await office.settled();
  await office.operated.replay(id!);
  await office.settled();
  expect(office.callees.sent[2]).toMatchObject({
    ...{ row: { key: `${id}-2` }, carried: { acknowledges: [`${id}-1`] } },
  });
});

test("what may have been carried out, and was refused since, is replayed under its key: it is not known to have failed", async () => {
  await using office = await operatedOffice();
  const [id] = await office.put({});
  await office.start();
  await office.callees.sent[0]!.end({ event: "unknown", reason: "PEER_LOST", message: "it died" });
  await office.settled();
  await office.clock.advance(1_000);
  await office.settled();
  await office.callees.sent[1]!.end({ event: "barred", reason: "NOT_PERMITTED", message: "not any more" });
  await office.settled();
  expect(await office.find(id!)).toMatchObject({ state: "dead", reason: "NOT_PERMITTED" });
  await office.operated.replay(id!);
  await office.settled();
  expect(office.callees.sent[2]).toMatchObject({ row: { id, key: id, address: "b", uncertain: true } });
});

test("two operators that replay a dead letter at once replay it once, and one that drops it meanwhile is told", async () => {
  await using office = await operatedOffice();
  const [id] = await office.put({ state: "dead", nextAt: null, judged: true, address: "c" });
  await office.start();
  const done = await Promise.all([office.operated.replay(id!), office.operated.replay(id!)]);
  expect(done.filter((change) => "cast" in change)).toHaveLength(1);
  await office.settled();
  expect(office.callees.sent.map(({ row }) => row.key)).toEqual([`${id}-1`]);
  await office.callees.sent[0]!.end(rejected);
  await office.settled();
  const [replayed, dropped] = await Promise.all([office.operated.replay(id!), office.operated.drop(id!)]);
  await office.settled();
  // Replayed first, it waits as it is dropped, or is under way already: then it is not.
  expect("cast" in replayed).toBe(true);
  expect(office.callees.sent).toHaveLength("cast" in dropped ? 1 : 2);
});

test("what is dropped while a copy may be on its way keeps its key until none can come", async () => {
  await using office = await operatedOffice();
  const [id] = await office.put({ state: "dead", nextAt: null, address: "c", uncertain: true });
  await office.start();
  const now = office.clock.wallNow();
  await office.operated.drop(id!);
  expect(await office.find(id!)).toMatchObject({ state: "done", nextAt: now + 70_000 });
});

test("what was tried to no end is replayed under its key, at its address", async () => {
  await using office = await operatedOffice();
  const [id] = await office.put({ state: "dead", nextAt: null, address: "c", waitedMs: 86_400_000, uncertain: true });
  await office.start();
  await office.operated.replay(id!);
  await office.settled();
  expect(office.callees.sent).toMatchObject([{ row: { id, key: id, address: "c", uncertain: true, waitedMs: 0 } }]);
});

test("a dead letter that is dropped lets its lane go on; one behind others leaves them where they are", async () => {
  await using office = await operatedOffice();
  const lane = "l";
  const ids = await office.put(
    { lane, place: 0, state: "dead", nextAt: null, address: "c" },
    { lane, place: 1, nextAt: null },
    { lane, place: 2, nextAt: null },
    { lane, place: 3, nextAt: null },
  );
  await office.start();
  expect(await office.operated.drop(ids[1]!)).toMatchObject({ cast: { state: "waiting" } });
  await office.settled();
  expect(office.callees.sent).toEqual([]);
  expect(await office.operated.drop(ids[0]!)).toMatchObject({ cast: { state: "dead" } });
  await office.settled();
  expect(office.callees.sent.map(({ row }) => row.id)).toEqual([ids[2]]);
  // Its key is kept where it was sent until that has been told.
  expect(await office.find(ids[0]!)).toMatchObject({ state: "done" });
});

test("what is under way is neither replayed nor dropped, nor is what is not there", async () => {
  await using office = await operatedOffice();
  const [id] = await office.put({});
  await office.start();
  expect(await office.operated.drop(id!)).toEqual({ refused: "sent" });
  expect(await office.operated.replay(id!)).toEqual({ refused: "sent" });
  expect(await office.operated.drop("nothing")).toEqual({ refused: undefined });
});

test("one that a relay takes as it is dropped is dropped or sent, not both", async () => {
  await using office = await operatedOffice();
  for (let round = 0; round < 20; round++) {
    const before = office.callees.sent.length;
    const [id] = await office.put({});
    const [, dropped] = await Promise.all([office.start(), office.operated.drop(id!)]);
    await office.settled();
    expect([round, office.callees.sent.length - before]).toEqual([round, "cast" in dropped ? 0 : 1]);
  }
});

test("one that is replayed into a lane that another holder delivers is handed on to that one", async () => {
  await using office = await operatedOffice();
  const terms = { minor: 0, sinceMinor: 0, route: "any", timeoutMs: 60_000, onDeadLetter: "skip", lane: "l" } as const;
  await office.put({ holderAddress: "b", host: "b", lane: "l", place: 0 });
  const [dead] = await office.put({ lane: "l", state: "dead", nextAt: null, terms });
  expect(await office.operated.replay(dead!)).toMatchObject({ cast: { state: "waiting" } });
  expect(await office.find(dead!)).toMatchObject({ holderAddress: "b", host: "b", place: 1, nextAt: null });
});
