import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock, Timer } from "./clock.ts";
import { DeadlineWheel, type WheelEntry } from "./deadline-wheel.ts";

const tickMs = 20;
/** One turn of the wheel. */
const turnMs = 1024 * tickMs;
const longestTimerMs = 2 ** 31 - 1;

/** Fires timers only where it is told to, so that a blocked loop and a suspended process can be played. */
class StallingClock implements Clock {
  readonly #timers = new Map<object, { readonly at: number; readonly callback: () => void }>();
  #now = 12_345.6;
  /** A timer was armed for longer than Node can. */
  overflowed = false;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    this.overflowed ||= ms > longestTimerMs;
    const timer = {};
    this.#timers.set(timer, { at: this.#now + ms, callback });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as object);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Time passes while nothing runs. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Time passes and every timer fires when it is due; those that are overdue fire first. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].callback();
    }
    this.#now = until;
  }
}

class Entry implements WheelEntry {
  readonly deadlineAt: number;
  readonly expired: number[] = [];
  wheelPrevious: WheelEntry | undefined = undefined;
  wheelNext: WheelEntry | undefined = undefined;
  readonly #clock: Clock;
  readonly #onExpire: () => void;

  constructor(clock: Clock, deadlineAt: number, onExpire: () => void = () => {}) {
    this.deadlineAt = deadlineAt;
    this.#clock = clock;
    this.#onExpire = onExpire;
  }

  expire(): void {
    this.expired.push(this.#clock.now());
    this.#onExpire();
  }
}

const delay = fc.oneof(
  fc.integer({ min: -50, max: 100 }),
  fc.integer({ min: 0, max: turnMs * 3 }),
  fc.double({ min: 0, max: 500, noNaN: true }),
);

const step = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    delay,
    removes: fc.nat(30),
    adds: fc.option(delay, { nil: undefined }),
  }),
  fc.record({ do: fc.constant("remove" as const), index: fc.nat(30) }),
  fc.record({
    do: fc.constant("advance" as const),
    ms: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.nat(turnMs * 2)),
  }),
  fc.record({ do: fc.constant("stall" as const), ms: fc.nat(turnMs * 3) }),
);

test("every entry that stays expires once, never early and at most a tick late, but for what a blocked loop adds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new StallingClock();
      const wheel = new DeadlineWheel(clock, tickMs);
      const entries: { entry: Entry; latest: number; removed: boolean }[] = [];
      let stalledUntil = 0;

      const add = (ms: number, onExpire?: () => void) => {
        const entry = new Entry(clock, clock.now() + ms, onExpire);
        entries.push({ entry, latest: Math.max(entry.deadlineAt, clock.now()) + tickMs, removed: false });
        wheel.add(entry);
      };
      const remove = (index: number) => {
        const known = entries[index];
        if (!known || known.entry.expired.length > 0) return;
        known.removed = true;
        wheel.remove(known.entry);
      };

      for (const one of steps) {
        if (one.do === "add") {
          add(one.delay, () => {
            remove(one.removes);
            if (one.adds !== undefined) add(one.adds);
          });
        } else if (one.do === "remove") {
          remove(one.index);
        } else if (one.do === "advance") {
          clock.advance(one.ms);
        } else {
          clock.stall(one.ms);
          stalledUntil = clock.now() + tickMs;
        }
      }
      clock.advance(turnMs * 8);

      for (const { entry, latest, removed } of entries) {
        expect(entry.expired).toHaveLength(removed ? 0 : 1);
        for (const at of entry.expired) {
          expect(at).toBeGreaterThanOrEqual(entry.deadlineAt);
          expect(at).toBeLessThanOrEqual(Math.max(latest, stalledUntil));
        }
      }
      expect(wheel.size).toBe(0);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("an entry that another one takes out while both are due does not expire", () => {
  const clock = new StallingClock();
  const wheel = new DeadlineWheel(clock, tickMs);
  const second: Entry = new Entry(clock, clock.now() + 5);
  const first = new Entry(clock, clock.now() + 5, () => wheel.remove(second));
  wheel.add(first);
  wheel.add(second);
  clock.advance(100);
  expect(first.expired).toHaveLength(1);
  expect(second.expired).toHaveLength(0);
  expect(wheel.size).toBe(0);
});

test("a deadline of many days arms no timer that Node would fire at once", () => {
  const clock = new StallingClock();
  const wheel = new DeadlineWheel(clock, tickMs);
  const entry = new Entry(clock, clock.now() + longestTimerMs * 2);
  wheel.add(entry);
  clock.advance(turnMs * 3);
  expect(clock.overflowed).toBe(false);
  expect(entry.expired).toHaveLength(0);
  expect(wheel.size).toBe(1);
});

test("whoever asks for the time soon is told once, within a tick", () => {
  const clock = new StallingClock();
  const wheel = new DeadlineWheel(clock, tickMs);
  const told: number[] = [];
  const askedAt = clock.now();
  wheel.soon({ onTick: (now) => told.push(now) });
  clock.advance(tickMs);
  clock.advance(turnMs);
  expect(told).toHaveLength(1);
  expect(told[0]).toBeLessThanOrEqual(askedAt + tickMs);
  expect(clock.pending).toBe(0);
});

test("what is added or asked for while the wheel turns is not forgotten", () => {
  const clock = new StallingClock();
  const wheel = new DeadlineWheel(clock, tickMs);
  const told: number[] = [];
  const late = new Entry(clock, clock.now() + 300);
  wheel.soon({
    onTick: () => {
      wheel.add(late);
      wheel.soon({ onTick: (now) => told.push(now) });
    },
  });
  clock.advance(2 * tickMs);
  expect(told).toHaveLength(1);
  clock.advance(300);
  expect(late.expired).toHaveLength(1);
});

test("a closed wheel keeps no timer and arms none", () => {
  const clock = new StallingClock();
  const wheel = new DeadlineWheel(clock, tickMs);
  const entry = new Entry(clock, clock.now() + 10);
  wheel.add(entry);
  wheel.close();
  expect(clock.pending).toBe(0);
  wheel.add(new Entry(clock, clock.now() + 1));
  wheel.soon({ onTick: () => expect.fail("the wheel is closed") });
  clock.advance(turnMs);
  expect(entry.expired).toHaveLength(0);
});
