import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { LoopTurn } from "../base/loop-turn.ts";
import type { StoreBackend } from "../store/index.ts";
import { answered, type Delivery, deliveryOf } from "./cast-event.ts";
import { patienceMs } from "./pauses.ts";
import { openOffice, turns } from "./relay.test-kit.ts";

const absent: Delivery = { event: "absent", reason: "NO_RESPONDERS", message: "nobody" };
const refused: Delivery = { event: "refused", reason: "NOT_SERVING", message: "it starts" };
const unknown: Delivery = { event: "unknown", reason: "PEER_LOST", message: "it died" };
const rejected: Delivery = { event: "rejected", reason: "FULL", message: "no more" };

test("its address is in the store before a cast is sent, and its key is its id", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  const [id] = await office.put({});
  relay.start();
  await office.settled();
  expect(callees.sent).toMatchObject([{ row: { id, key: id, address: "b", attempts: 1 } }]);
  expect(await callees.sent[0]!.stored).toMatchObject({ state: "sent", address: "b", store: "s", attempts: 1 });
});

test("so many are under way at a time as it may have, and all that ends together is one commit", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  await office.put(...Array.from({ length: 200 }, () => ({})));
  relay.start();
  await office.settled();
  expect(callees.sent).toHaveLength(64);
  const { writes } = office.traffic;
  await Promise.all(callees.sent.slice(0, 64).map((sent) => sent.end()));
  await office.settled();
  // What has ended, and what is taken in its place.
  expect(office.traffic.writes - writes).toBeLessThanOrEqual(2);
  expect(callees.sent).toHaveLength(128);
});

test("room that comes while it looks is used, though more was not known to wait by then", async () => {
  let looking = () => {};
  const around = (backend: StoreBackend): StoreBackend => ({
    async open(options) {
      const connections = await backend.open(options);
      const read: typeof connections.read = async (layout, query) => {
        looking();
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
  await using office = await openOffice({ around });
  const { relay, callees } = await office.relay("a", { concurrency: 2 });
  await office.put({});
  relay.start();
  await office.settled();
  await office.put({}, {}, {});
  looking = () => {
    looking = () => {};
    void callees.sent[0]!.end();
  };
  relay.wake();
  await turns(100);
  // Nobody has told it of more, and no timer either.
  expect(callees.sent).toHaveLength(3);
});

test("a done cast is kept until a delivery to the same address has been answered, which carries its key", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  const [first] = await office.put({});
  relay.start();
  await office.settled();
  await callees.sent[0]!.end();
  await office.settled();
  expect(await office.rows()).toMatchObject([{ id: first, state: "done", input: "" }]);
  const [second] = await office.put({});
  relay.wake();
  await office.settled();
  expect(callees.sent[1]!.carried.acknowledges).toEqual([first]);
  await callees.sent[1]!.end(unknown);
  await office.settled();
  // It may not have come there.
  expect((await office.rows()).map(({ id }) => id)).toEqual([first, second]);
  await office.clock.advance(300_000);
  await office.settled();
  expect(callees.sent[2]!.carried.acknowledges).toEqual([first]);
  await callees.sent[2]!.end();
  await office.settled();
  expect((await office.rows()).map(({ id }) => id)).toEqual([second]);
});

test("what an earlier life had under way is sent again to where it was, under its key", async () => {
  await using office = await openOffice();
  const before = await office.relay();
  const [id] = await office.put({});
  before.relay.start();
  await office.settled();
  before.relay.close(new Error("killed"));
  const { relay, callees } = await office.relay();
  // Nobody else may have it meanwhile.
  callees.placed = ({ address }) => ({ address: address ?? "c", store: "s" });
  relay.start();
  await office.settled();
  expect(callees.sent).toMatchObject([{ row: { id, key: id, address: "b", uncertain: true } }]);
});

test("the key of a cast that was sent and not answered stays until no copy of that can come, in later lives as well", async () => {
  await using office = await openOffice();
  const before = await office.relay();
  const [first] = await office.put({});
  before.relay.start();
  await office.settled();
  await before.callees.sent[0]!.end(unknown);
  await office.settled();
  await office.clock.advance(1_000);
  await office.settled();
  await before.callees.sent[1]!.end();
  await office.settled();
  const acknowledged = async ({ relay, callees }: Awaited<ReturnType<typeof office.relay>>) => {
    await office.put({});
    relay.wake();
    await office.settled();
    await callees.sent.at(-1)!.end();
    return callees.sent.at(-1)!.carried.acknowledges;
  };
  expect(await acknowledged(before)).toEqual([]);
  before.relay.close(new Error("killed"));
  const after = await office.relay();
  after.relay.start();
  await office.settled();
  // Its deadline is a minute after it was sent, and its commit may have taken ten seconds.
  await office.clock.advance(69_999);
  await office.settled();
  expect(await acknowledged(after)).not.toContain(first);
  await office.clock.advance(1);
  expect(await acknowledged(after)).toContain(first);
});

test("what was under way as its holder ended keeps its key until no copy of that can come", async () => {
  await using office = await openOffice();
  const before = await office.relay();
  const [id] = await office.put({});
  before.relay.start();
  await office.settled();
  before.relay.close(new Error("killed"));
  const { relay, callees } = await office.relay();
  relay.start();
  await office.settled();
  await callees.sent[0]!.end();
  await office.put({});
  relay.wake();
  await office.settled();
  await callees.sent[1]!.end();
  await office.clock.advance(70_000);
  await office.put({});
  relay.wake();
  await office.settled();
  expect(callees.sent.map(({ row, carried }) => [row.id === id, carried.acknowledges.includes(id!)])).toEqual([
    [true, false],
    [false, false],
    [false, true],
  ]);
});

test("one that stood still between its commit and what it sends does not send it, because others may have it", async () => {
  let still = 0;
  const around = (backend: StoreBackend): StoreBackend => ({
    async open(options) {
      const connections = await backend.open(options);
      const write: typeof connections.write = async (...args) => {
        const written = await connections.write(...args);
        if (still > 0) await office.clock.advance(still);
        return written;
      };
      return new Proxy(connections, {
        get(target, name) {
          if (name === "write") return write;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  });
  await using office = await openOffice({ around });
  const { relay, callees } = await office.relay();
  await office.put({});
  still = 10_001;
  relay.start();
  await office.settled();
  expect(callees.sent).toEqual([]);
  still = 0;
  await office.clock.advance(300_000);
  await office.settled();
  expect(callees.sent).toHaveLength(1);
  expect(await callees.sent[0]!.stored).toMatchObject({ uncertain: false });
});

test("a fenced relay sends nothing more, and its successor goes on", async () => {
  await using office = await openOffice();
  const old = await office.relay();
  old.relay.start();
  await office.settled();
  const { relay, callees } = await office.relay();
  await office.put({});
  old.relay.wake();
  await office.settled();
  expect([old.callees.sent.length, old.fenced]).toMatchObject([0, [{ reason: "FENCED" }]]);
  relay.start();
  await office.settled();
  expect(callees.sent).toHaveLength(1);
});

test("one that is fenced between its reading and its commit sends nothing", async () => {
  await using office = await openOffice();
  const old = await office.relay();
  await office.put({});
  old.callees.placed = (row) => {
    void office.registry.fencePeer({ manager: "office", address: "a" }, 1, "r0");
    return { address: row.address ?? "b", store: "s" };
  };
  old.relay.start();
  await office.settled();
  expect([old.callees.sent.length, old.fenced.length]).toEqual([0, 1]);
});

test("a relay that drains begins nothing, and is done when what it has under way has ended", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay("a", { concurrency: 1 });
  const [first, second] = await office.put({}, {});
  relay.start();
  await office.settled();
  let drained = false;
  const draining = relay.drained().then(() => {
    drained = true;
  });
  await office.settled();
  expect(drained).toBe(false);
  await callees.sent[0]!.end();
  await draining;
  expect(callees.sent).toHaveLength(1);
  expect(await office.rows()).toMatchObject([
    { id: first, state: "done" },
    { id: second, state: "waiting", nextAt: 0 },
  ]);
});

test("absence is waited out, however long, and its end is heeded at once", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  callees.placed = () => undefined;
  const [id] = await office.put({});
  relay.start();
  for (let day = 0; day < 10; day++) {
    await office.clock.advance(3_600_000);
    await office.settled();
  }
  expect([callees.sent.length, await office.find(id!)]).toMatchObject([0, { state: "waiting", address: null }]);
  callees.placed = () => ({ address: "b", store: "s" });
  relay.arrived("volume");
  await office.settled();
  expect(callees.sent).toHaveLength(0);
  relay.arrived("ledger");
  await office.settled();
  expect(callees.sent).toHaveLength(1);
});

test("an address is chosen anew after a refusal, and kept once the cast may have been carried out", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  await office.put({});
  relay.start();
  await office.settled();
  callees.placed = ({ address }) => ({ address: address ?? "c", store: "t" });
  const addresses = [];
  for (const delivery of [refused, unknown, refused, absent]) {
    addresses.push(callees.sent.at(-1)!.row.address);
    await callees.sent.at(-1)!.end(delivery);
    await office.clock.advance(300_000);
    await office.settled();
  }
  addresses.push(callees.sent.at(-1)!.row.address);
  expect(addresses).toEqual(["b", "c", "c", "c", "c"]);
});

test("who has moved is followed at once", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  await office.put({});
  relay.start();
  await office.settled();
  await callees.sent[0]!.end({ event: "moved", reason: "MOVED", message: "", owner: "d" });
  await office.settled();
  expect(callees.sent.map(({ row }) => row.address)).toEqual(["b", "d"]);
});

test("many that wait for somebody who is not there are looked at together, however they came", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  callees.placed = () => undefined;
  relay.start();
  for (let cast = 0; cast < 60; cast++) {
    await office.put({});
    relay.wake();
    await office.clock.advance(1_000);
  }
  for (let minute = 0; minute < 20; minute++) await office.clock.advance(60_000);
  await office.settled();
  const { writes } = office.traffic;
  for (let minute = 0; minute < 10; minute++) await office.clock.advance(60_000);
  await office.settled();
  // Each of 60 was looked at two or three times.
  expect(office.traffic.writes - writes).toBeLessThanOrEqual(40);
});

test("the loop turns while many are due whose callees answer at once", async () => {
  await using office = await openOffice();
  let time = 0;
  const { relay, callees } = await office.relay("a", { turn: new LoopTurn({ now: () => (time += 5) }) });
  callees.answers = () => answered;
  await office.put(...Array.from({ length: 1_000 }, () => ({})));
  let turned = 0;
  relay.start();
  while (callees.sent.length < 1_000) {
    turned += 1;
    await turns(1);
  }
  expect(turned).toBeGreaterThan(5);
});

test("pauses are spread over their whole length, double up to 5 minutes, and end after 24 hours of them", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay("a", { random: () => 1 });
  const [id] = await office.put({});
  callees.answers = () => refused;
  relay.start();
  await office.settled();
  const pauses = [];
  for (let at = 0; at < 12; at++) {
    const { nextAt } = (await office.find(id!))!;
    pauses.push((nextAt! - office.clock.wallNow()) / 1_000);
    await office.clock.advance(nextAt! - office.clock.wallNow());
    await office.settled();
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  for (let hours = 0; hours < 40 && (await office.find(id!))!.state !== "dead"; hours++) {
    for (let each = 0; each < 12; each++) {
      await office.clock.advance(300_000);
      await office.settled();
    }
  }
  expect(await office.find(id!)).toMatchObject({ state: "dead", reason: "NOT_SERVING", lastError: "it starts" });
  expect((office.clock.now() / 3_600_000).toFixed(0)).toBe("24");
});

test("what still runs under its key is asked after for longer than a day, and is no dead letter", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay("a", { random: () => 1 });
  const runs = reeveError("DUPLICATE_KEY", "it still runs", { data: { state: "running" }, retryable: true });
  callees.answers = () => deliveryOf(runs);
  const [id] = await office.put({});
  relay.start();
  for (let waited = 0; waited < patienceMs + 600_000; waited += 300_000) {
    await office.settled();
    await office.clock.advance(300_000);
  }
  callees.answers = () => answered;
  await office.clock.advance(300_000);
  await office.settled();
  expect(await office.find(id!)).toMatchObject({ state: "done", address: "b", uncertain: true });
  expect(callees.sent.length).toBeGreaterThan(280);
});

test("a dead letter stops its lane, or lets those after it pass", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  const skips = { minor: 0, sinceMinor: 0, route: "any", timeoutMs: 1, onDeadLetter: "skip", lane: null } as const;
  await office.put(
    { lane: "stops", place: 0, input: '"1"' },
    { lane: "stops", place: 1, nextAt: null, input: '"2"' },
    { lane: "skips", place: 0, input: '"3"', terms: skips },
    { lane: "skips", place: 1, nextAt: null, input: '"4"', terms: skips },
  );
  callees.answers = () => rejected;
  relay.start();
  await office.settled();
  expect(callees.sent.map(({ row }) => row.input)).toEqual(['"1"', '"3"', '"4"']);
  const states = (await office.rows()).map(({ state, reason }) => [state, reason]);
  expect(states).toEqual([
    ["dead", "FULL"],
    ["waiting", null],
    ["dead", "FULL"],
    ["dead", "FULL"],
  ]);
});

test("a commit of the relay that fails is made again, and what may have been lost with it is sent once more under its key", async () => {
  let lose = 0;
  const around = (backend: StoreBackend): StoreBackend => ({
    async open(options) {
      const connections = await backend.open(options);
      const write: typeof connections.write = async (body, given) => {
        const result = await connections.write(body, given);
        if (lose > 0 && --lose === 0) throw reeveError("STORE_FAILED", "no answer", { outcome: "maybe-executed" });
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
  });
  await using office = await openOffice({ around });
  const { relay, callees } = await office.relay();
  const [id] = await office.put({});
  lose = 1;
  relay.start();
  await office.settled();
  // It says that it is sent, and nobody sent it.
  expect([callees.sent.length, await office.find(id!)]).toMatchObject([0, { state: "sent" }]);
  await office.clock.advance(1_000);
  await office.settled();
  expect(callees.sent).toMatchObject([{ row: { id, key: id } }]);
  lose = 1;
  await callees.sent[0]!.end();
  await office.clock.advance(2_000);
  await office.settled();
  expect([callees.sent.length, await office.find(id!)]).toMatchObject([1, { state: "done" }]);
});

test("of fifty that take over a dead holder's casts one has each, and sends it as one that may have run", async () => {
  await using office = await openOffice();
  await office.put({ state: "sent", nextAt: null, address: "b", store: "s" }, {}, { nextAt: 9e15 });
  await office.registry.fencePeer({ manager: "office", address: "a" }, 1, "r0");
  const racers = await Promise.all(Array.from({ length: 50 }, (_, index) => office.relay(`r${index}`)));
  const taken = await Promise.all(
    racers.map(({ rows, fence }) =>
      office.database.write(
        async (session) => {
          await fence.begin?.(session);
          await rows.interrupt(session, "a");
          return rows.adopt(session, "a", "r");
        },
        { timeoutMs: 10_000 },
      ),
    ),
  );
  expect(taken.filter((count) => count > 0)).toEqual([3]);
  const heir = racers[taken.indexOf(3)]!;
  heir.relay.start();
  await office.settled();
  expect(heir.callees.sent.map(({ row }) => [row.uncertain, row.claims])).toEqual([
    [true, 1],
    [false, 1],
  ]);
});

test("a cast whose callee does not have its operation is tried for a day, and is dead then", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay("a", { random: () => 1 });
  const none = reeveError("UNKNOWN_OPERATION", "it has no such operation");
  callees.answers = () => deliveryOf(none);
  const [id] = await office.put({});
  relay.start();
  await office.settled();
  expect(await office.find(id!)).toMatchObject({ state: "waiting", address: null, reason: "UNKNOWN_OPERATION" });
  for (let waited = 0; waited < patienceMs + 600_000; waited += 300_000) {
    await office.clock.advance(300_000);
    await office.settled();
  }
  expect(await office.find(id!)).toMatchObject({ state: "dead", reason: "UNKNOWN_OPERATION" });
  expect((await office.find(id!))!.waitedMs).toBeGreaterThanOrEqual(patienceMs);
});
