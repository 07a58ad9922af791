import type { ReeveError } from "@reeve/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { Mailbox, type MailboxMode } from "./mailbox.ts";
import { TestCall } from "./queued-call.fixture.ts";

/** What an entry does as soon as it is run. */
type Eager = "stays" | "ends" | "admits another" | "admits a nested one";

interface Admission {
  readonly do: "admit";
  readonly lane: string | undefined;
  /** Nested in one of those that run. */
  readonly within: number | undefined;
  readonly eager: Eager;
  readonly waits: boolean;
}

type Step =
  | Admission
  | { readonly do: "leave"; readonly index: number }
  | { readonly do: "withdraw"; readonly index: number }
  | { readonly do: "mode"; readonly mode: MailboxMode };

const lane = fc.option(fc.constantFrom("x", "y"), { nil: undefined });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("admit" as const),
      lane,
      within: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
      eager: fc.constantFrom<Eager>("stays", "stays", "ends", "admits another", "admits a nested one"),
      waits: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("leave" as const), index: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw" as const), index: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("mode" as const),
      mode: fc.constantFrom<MailboxMode>("open", "open", "paused", "paused", "closed"),
    }),
  },
);

/** Plays steps against a mailbox and watches from outside what becomes of every entry. */
class Play {
  readonly mailbox: Mailbox<TestCall>;
  readonly limits: { readonly maxInFlight: number; readonly maxQueued: number };
  readonly admitted: TestCall[] = [];
  readonly running: TestCall[] = [];
  readonly gone = new Map<TestCall, "left" | "withdrawn" | ReeveError>();
  readonly #eager = new Map<TestCall, Admission>();

  constructor(maxInFlight: number, maxQueued: number) {
    this.limits = { maxInFlight, maxQueued };
    this.mailbox = new Mailbox<TestCall>(this.limits, {
      clock: new ManualClock(),
      run: (entry) => this.#run(entry),
      refuse: (entry, error) => {
        expect(this.gone.has(entry)).toBe(false);
        expect([entry.running, entry.waiting]).toEqual([false, undefined]);
        this.gone.set(entry, error);
      },
      state: () => "resetting",
    });
  }

  get waiting(): TestCall[] {
    return this.admitted.filter((entry) => !this.gone.has(entry) && !this.running.includes(entry));
  }

  step(one: Step): void {
    if (one.do === "admit") this.admit(one, this.running[one.within ?? -1]);
    else if (one.do === "mode") this.mailbox.setMode(one.mode);
    else if (one.do === "leave") this.leave(this.running[one.index]);
    else this.#withdraw(this.waiting[one.index]);
  }

  admit(admission: Admission, parent: TestCall | undefined): void {
    const { lane, waits } = admission;
    const entry = new TestCall(`#${this.admitted.length}`, { lane, parent, waits });
    this.admitted.push(entry);
    this.#eager.set(entry, admission);
    this.mailbox.admit(entry);
  }

  leave(entry: TestCall | undefined): void {
    if (!entry) return;
    this.running.splice(this.running.indexOf(entry), 1);
    this.gone.set(entry, "left");
    this.mailbox.leave(entry);
  }

  #withdraw(entry: TestCall | undefined): void {
    if (!entry) return;
    this.gone.set(entry, "withdrawn");
    expect(this.mailbox.withdraw(entry)).toBe(true);
    expect(this.mailbox.withdraw(entry)).toBe(false);
  }

  #run(entry: TestCall): void {
    expect(this.gone.has(entry)).toBe(false);
    expect(this.running).not.toContain(entry);
    this.#checkTurn(entry);
    this.running.push(entry);
    this.#checkLanes();
    const { eager } = this.#eager.get(entry)!;
    if (eager === "ends") this.leave(entry);
    const other: Admission = { do: "admit", lane: undefined, within: undefined, eager: "stays", waits: true };
    if (eager === "admits another") this.admit(other, undefined);
    if (eager === "admits a nested one") this.admit(other, entry);
  }

  /** Nothing that came earlier, and could run as well, is passed over. */
  #checkTurn(entry: TestCall): void {
    const earlier = this.admitted
      .slice(0, this.admitted.indexOf(entry))
      .filter((one) => !this.gone.has(one) && !this.running.includes(one) && one.takesSlot);
    if (entry.takesSlot) {
      expect(this.mailbox.mode).toBe("open");
      expect(earlier.filter(({ lane }) => lane === undefined)).toEqual([]);
      if (entry.lane !== undefined) expect(earlier.filter(({ lane }) => lane === entry.lane)).toEqual([]);
    }
  }

  #checkLanes(): void {
    const lanes = this.running.flatMap(({ lane }) => (lane === undefined ? [] : [lane]));
    expect(new Set(lanes).size).toBe(lanes.length);
  }

  check(): void {
    const { mailbox, limits, running, waiting } = this;
    const slots = running.filter(({ takesSlot }) => takesSlot).length;
    expect(mailbox.inFlight).toBe(running.length);
    expect(mailbox.queued).toBe(waiting.length);
    expect(waiting.length).toBeLessThanOrEqual(limits.maxQueued);
    expect(slots).toBeLessThanOrEqual(limits.maxInFlight);
    expect(new Set(mailbox.entries())).toEqual(new Set([...running, ...waiting]));
    expect(new Set(mailbox.running())).toEqual(new Set(running));
    this.#checkLanes();
    const held = new Set(running.map(({ lane }) => lane));
    const free = waiting.filter(({ lane }) => lane === undefined || !held.has(lane));
    // What needs no slot never waits but for a lane that something running holds.
    expect(free.filter(({ takesSlot }) => !takesSlot)).toEqual([]);
    if (mailbox.mode === "open" && slots < limits.maxInFlight) expect(free).toEqual([]);
    if (mailbox.mode === "closed") expect(waiting.filter(({ takesSlot }) => takesSlot)).toEqual([]);
  }
}

test("bounds hold, lanes never overlap and keep their order, the rest is first come, first served, and nothing is lost", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 6 }),
      fc.array(step, { maxLength: 60 }),
      (maxInFlight, maxQueued, steps) => {
        const play = new Play(maxInFlight, maxQueued);
        play.mailbox.setMode("open");
        for (const one of steps) {
          play.step(one);
          play.check();
        }
        play.mailbox.setMode("open");
        play.check();
        while (play.running.length > 0) {
          play.leave(play.running[0]);
          play.check();
        }
        expect(play.gone.size).toBe(play.admitted.length);
      },
    ),
    { numRuns: 1_500 },
  );
});
