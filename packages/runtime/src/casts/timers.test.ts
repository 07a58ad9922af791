import { expect, test } from "vitest";
import type { StoreBackend } from "../store/index.ts";
import { answered } from "./cast-event.ts";
import { openOffice } from "./relay.test-kit.ts";

/** With REEVE_LONG=1 a million. */
const many = process.env.REEVE_LONG === "1" ? 1_000_000 : 20_000;

test(`${many.toLocaleString("en")} timers cost nothing until they are due`, { timeout: 600_000 }, async () => {
  await using office = await openOffice();
  const start = office.clock.wallNow();
  const hour = 3_600_000;
  for (let from = 0; from < many; from += 10_000) {
    await office.put(...Array.from({ length: 10_000 }, (_, index) => ({ nextAt: start + hour + from + index })));
  }
  const { relay, callees } = await office.relay();
  Object.assign(office.traffic, { reads: 0, writes: 0, rows: 0 });
  relay.start();
  await office.settled();
  // What an earlier life left, what is due (twice), what is next.
  expect(office.traffic).toMatchObject({ writes: 0, rows: 1 });
  expect(office.traffic.reads).toBeLessThanOrEqual(4);
  expect(office.clock.pending).toBe(1);
  await office.clock.advance(hour - 1);
  await office.settled();
  expect(callees.sent).toHaveLength(0);
  // Every five minutes it looks at the database's clock, and at one row.
  expect(office.traffic.rows).toBeLessThanOrEqual(13);
  expect(office.traffic.reads).toBeLessThanOrEqual(40);
  await office.clock.advance(1);
  await office.settled();
  expect(callees.sent).toHaveLength(1);
  expect(office.clock.pending).toBe(1);
});

test("a timer that fell due while nobody was there fires once, at the next start", async () => {
  await using office = await openOffice();
  const before = await office.relay();
  before.relay.start();
  await office.put({ nextAt: office.clock.wallNow() + 60_000 });
  before.relay.wake();
  await office.settled();
  before.relay.close(new Error("stopped"));
  await office.clock.advance(3_600_000);
  const { relay, callees } = await office.relay();
  callees.answers = () => answered;
  relay.start();
  await office.settled();
  relay.wake();
  await office.clock.advance(3_600_000);
  await office.settled();
  expect([before.callees.sent.length, callees.sent.length]).toEqual([0, 1]);
});

test.each([3_600_000, -3_600_000])(
  "it is the database's clock that counts, with the process's %i ms off",
  async (off) => {
    let time = Date.UTC(2026, 5, 1);
    const around = (backend: StoreBackend): StoreBackend => ({
      async open(options) {
        const connections = await backend.open(options);
        return new Proxy(connections, {
          get(target, name) {
            if (name === "now") return async () => time;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    });
    await using office = await openOffice({ around });
    time = office.clock.wallNow() + off;
    const pass = async (ms: number) => {
      time += ms;
      await office.clock.advance(ms);
      await office.settled();
    };
    const { relay, callees } = await office.relay();
    await office.put({ nextAt: time + 7_200_000 });
    relay.start();
    await office.settled();
    for (let minute = 0; minute < 119; minute++) await pass(60_000);
    await pass(59_999);
    expect(callees.sent).toHaveLength(0);
    await pass(1);
    expect(callees.sent).toHaveLength(1);
  },
);

test("a clock of the database that is set forward meanwhile is noticed within five minutes", async () => {
  let ahead = 0;
  const around = (backend: StoreBackend): StoreBackend => ({
    async open(options) {
      const connections = await backend.open(options);
      return new Proxy(connections, {
        get(target, name) {
          if (name === "now") return async () => options.clock.wallNow() + ahead;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  });
  await using office = await openOffice({ around });
  const { relay, callees } = await office.relay();
  await office.put({ nextAt: office.clock.wallNow() + 86_400_000 });
  relay.start();
  await office.settled();
  ahead = 86_400_000;
  await office.clock.advance(300_000);
  await office.settled();
  expect(callees.sent).toHaveLength(1);
});

/** A database whose clock is as far ahead as it says. */
function shifted(shift: { ahead: number }) {
  return (backend: StoreBackend): StoreBackend => ({
    async open(options) {
      const wallNow = () => options.clock.wallNow() + shift.ahead;
      const clock = new Proxy(options.clock, {
        get(target, name) {
          if (name === "wallNow") return wallNow;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      return backend.open({ ...options, clock });
    },
  });
}

test("after the database's clock was a year ahead, what waits to be tried again is tried soon, and a timer at its time", async () => {
  const shift = { ahead: 365 * 86_400_000 };
  await using office = await openOffice({ around: shifted(shift) });
  const { relay, callees } = await office.relay();
  callees.placed = () => undefined;
  const [absent] = await office.put({}, { nextAt: office.clock.wallNow() + shift.ahead + 1_000 });
  relay.start();
  await office.settled();
  expect((await office.find(absent!))!.nextAt).toBeGreaterThan(office.clock.wallNow() + 86_400_000);
  shift.ahead = 0;
  callees.placed = () => ({ address: "b", store: "s" });
  await office.clock.advance(300_000);
  await office.settled();
  expect(callees.sent.map(({ row }) => row.id)).toEqual([absent]);
});

test("a key that was to stay by a clock that was ahead goes when no copy can come any more, in this life and in the next", async () => {
  for (const restarts of [false, true]) {
    const shift = { ahead: 365 * 86_400_000 };
    await using office = await openOffice({ around: shifted(shift) });
    let { relay, callees } = await office.relay();
    const [uncertain] = await office.put({ uncertain: true, address: "b", store: "s" });
    relay.start();
    await office.settled();
    await callees.sent[0]!.end();
    await office.settled();
    shift.ahead = 0;
    if (restarts) {
      relay.close(new Error("stopped"));
      ({ relay, callees } = await office.relay());
      relay.start();
      await office.settled();
    }
    relay.wake();
    await office.settled();
    const carried = async () => {
      await office.put({});
      relay.wake();
      await office.settled();
      await callees.sent.at(-1)!.end();
      await office.settled();
      return callees.sent.at(-1)!.carried.acknowledges;
    };
    expect(await carried()).not.toContain(uncertain);
    await office.clock.advance(70_000);
    expect(await carried()).toContain(uncertain);
  }
});

test("a timer takes its place in its lane when it is due, behind what is there by then", async () => {
  await using office = await openOffice();
  const due = office.clock.wallNow() + 1_000;
  await office.put(
    { lane: "l", dueAt: due, nextAt: due, input: '"timer"' },
    { lane: "l", place: 0, input: '"first"' },
    { lane: "l", place: 1, nextAt: null, input: '"second"' },
  );
  const { relay, callees } = await office.relay();
  relay.start();
  await office.settled();
  const next = async () => {
    await callees.sent.at(-1)!.end();
    await office.settled();
    return callees.sent.map(({ row }) => row.input);
  };
  await office.clock.advance(1_000);
  await office.settled();
  expect(callees.sent).toHaveLength(1);
  expect(await next()).toEqual(['"first"', '"second"']);
  expect(await next()).toEqual(['"first"', '"second"', '"timer"']);
  expect(await next()).toHaveLength(3);
});

test("a timer that falls due while another holder delivers its lane is handed on to that one", async () => {
  await using office = await openOffice();
  const due = office.clock.wallNow() + 1_000;
  const [before] = await office.put({ holderAddress: "b", host: "b", lane: "l", place: 0 });
  const [timer] = await office.put({ lane: "l", dueAt: due, nextAt: due });
  const own = await office.relay("a");
  const heir = await office.relay("b");
  own.relay.start();
  heir.relay.start();
  await office.settled();
  await office.clock.advance(1_000);
  await office.settled();
  expect(await office.find(timer!)).toMatchObject({ holderAddress: "b", host: "b", place: 1 });
  await heir.callees.sent[0]!.end();
  await office.settled();
  expect([own.callees.sent, heir.callees.sent.map(({ row }) => row.id)]).toEqual([[], [before, timer]]);
});
