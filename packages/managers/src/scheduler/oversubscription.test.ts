import type { CapabilityReport, Measurement } from "@reeve/runtime/capability";
import { ManualClock, seededRandom } from "@reeve/runtime/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type LedgerTurn, ReservationLedger } from "./ledger.ts";
import { Placer } from "./placer.ts";
import { report, storage } from "./report.fixture.ts";
import { compileSchedulerOptions } from "./scheduler-options.ts";
import { openSchedulerStore } from "./scheduler-store.fixture.ts";

const silent = { warn: () => {} };
const schedulers = 3;
const maxAgeMs = 60_000;
const capacities = [10, 8, 7];

/** A host as it really is, whatever anybody believes of it. */
class TrueHost {
  readonly address: string;
  readonly total: number;
  used = 0;
  #epoch = 1;
  #count = 0;
  #measuring: { readonly used: number; readonly since: number } | undefined;
  last: CapabilityReport | undefined;

  constructor(address: string, total: number) {
    this.address = address;
    this.total = total;
  }

  get visibleFrom(): Measurement {
    return { epoch: this.#epoch, count: this.#count + 2 };
  }

  restart() {
    this.#epoch += 1;
    this.#count = 0;
    this.#measuring = undefined;
  }

  /** A measurement shows what was there when it began; one that takes longer than reports are believed has failed. */
  measure(now: number): CapabilityReport | undefined {
    const begun = this.#measuring;
    this.#measuring = begun ? undefined : { used: this.used, since: now };
    if (!begun || now - begun.since >= maxAgeMs) return undefined;
    this.#count += 1;
    const { address, total } = this;
    const capabilities = storage(total, begun.used);
    this.last = report({ address, epoch: this.#epoch, count: this.#count, capabilities, measuredAt: now });
    return this.last;
  }
}

interface Thing {
  readonly request: string;
  readonly address: string;
  readonly size: number;
  state: "placed" | "built" | "confirmed" | "gone";
  visibleFrom?: Measurement;
}

const which = fc.nat(1_000);
const by = fc.nat(schedulers - 1);
const at = fc.nat(capacities.length - 1);
const step = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({ kind: fc.constant("place" as const), by, size: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("build" as const), which }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("confirm" as const), which, by }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail" as const), which, by }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), which }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("measure" as const), at }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant("deliver" as const), by, at }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1_000, 20_000, 100_000) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("sweep" as const), by }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart host" as const), at }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lose turn" as const),
      by,
      how: fc.constantFrom("cut", "unknown", "again"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart scheduler" as const), by }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/**
 * A ledger whose next turn comes to a bad end: it is cut after all was decided and written, or committed and nobody hears of
 * it, or found in conflict with another's and run again.
 */
class LossyLedger extends ReservationLedger {
  next: "cut" | "unknown" | "again" | undefined;
  lost = 0;

  override async exclusively<R>(body: (turn: LedgerTurn) => Promise<R>): Promise<R> {
    const fate = this.next;
    this.next = undefined;
    if (fate === undefined) return super.exclusively(body);
    this.lost += 1;
    if (fate === "unknown") {
      await super.exclusively(body);
      throw new Error("the answer to the commit was lost");
    }
    const cut = super.exclusively(async (turn) => {
      await body(turn);
      throw new Error("cut");
    });
    if (fate === "cut") return cut;
    await cut.catch(() => {});
    return super.exclusively(body);
  }
}

/** Every scheduler hears of every host: left to chance, most runs are over before anything can be placed. */
const introductions: readonly Step[] = capacities.flatMap((_, at): Step[] => [
  { kind: "measure", at },
  { kind: "measure", at },
  ...Array.from({ length: schedulers }, (_, by) => ({ kind: "deliver" as const, by, at })),
]);
const steps = fc
  .tuple(
    fc.constantFrom<readonly Step[]>([], introductions),
    fc.array(step, { minLength: 40, maxLength: 120, size: "max" }),
  )
  .map(([first, others]) => [...first, ...others]);

/** One that has placed nothing confirms what another placed, and then places on the same host. */
const confirmedByAnother: [Step[], number] = [
  [
    { kind: "measure", at: 0 },
    { kind: "measure", at: 0 },
    { kind: "deliver", by: 0, at: 0 },
    { kind: "deliver", by: 1, at: 0 },
    { kind: "place", by: 0, size: 4 },
    { kind: "place", by: 0, size: 4 },
    { kind: "settle" },
    { kind: "build", which: 0 },
    { kind: "confirm", which: 0, by: 1 },
    { kind: "settle" },
    { kind: "place", by: 1, size: 4 },
  ],
  0,
];

test("schedulers that share a store never promise more than a host has, whatever order things happen in", async () => {
  await using opened = await openSchedulerStore();
  const { store } = opened;
  let placedInAll = 0;
  let lostInAll = 0;
  const run = fc.asyncProperty(steps, fc.integer(), async (steps, seed) => {
    await store.transaction((tx) => tx.deleteFrom("reservations").execute());
    const clock = new ManualClock();
    const random = seededRandom(seed);
    const options = compileSchedulerOptions({
      maxAge: maxAgeMs,
      downAfter: "1d",
      holdFor: "7d",
      gather: 0,
      reportTimeout: 0,
      random,
    });
    const ledgers = Array.from({ length: schedulers }, () => new LossyLedger(store));
    const newPlacer = (by: number) => new Placer(options, { clock, ledger: ledgers[by]!, ask: () => {}, log: silent });
    const placers = ledgers.map((_, by) => newPlacer(by));
    const hosts = capacities.map((total, index) => new TrueHost(`h${index}`, total));
    const queues = placers.map(() => hosts.map((): CapabilityReport[] => []));
    const reported = placers.map(() => false);
    const things: Thing[] = [];
    const pending = new Set<Promise<void>>();
    let requests = 0;

    const begin = (work: Promise<void>) => {
      // What was lost with its turn has not been placed, confirmed or released as far as anybody knows.
      const tracked = work
        .catch((error: Error) => {
          if (error.message !== "cut" && !error.message.startsWith("the answer")) throw error;
        })
        .finally(() => pending.delete(tracked));
      pending.add(tracked);
    };
    const pick = (states: readonly Thing["state"][], which: number) => {
      const matching = things.filter(({ state }) => states.includes(state));
      return matching[which % Math.max(1, matching.length)];
    };
    const settle = async () => {
      while (pending.size > 0) await Promise.all(pending);
      for (const host of hosts) {
        const promised = things.filter(({ address, state }) => address === host.address && state === "placed");
        const sum = promised.reduce((total, { size }) => total + size, host.used);
        expect(sum, `${host.address} of ${host.total}`).toBeLessThanOrEqual(host.total);
      }
    };
    const place = async (by: number, size: number) => {
      const request = `r${requests++}`;
      const given = { manager: "volume", request, needs: { sizeGiB: size }, labels: {}, requires: {}, exclude: [] };
      const placed = await placers[by]!.place(given, new AbortController().signal);
      if (placed.kind !== "placed") return;
      placedInAll += 1;
      things.push({ request, address: placed.address, size, state: "placed" });
    };

    for (const step of steps) {
      if (step.kind === "place" && reported[step.by]) begin(place(step.by, step.size));
      else if (step.kind === "build") {
        const thing = pick(["placed"], step.which);
        const host = thing && hosts.find(({ address }) => address === thing.address)!;
        if (!thing || !host) continue;
        host.used += thing.size;
        thing.state = "built";
        thing.visibleFrom = host.visibleFrom;
      } else if (step.kind === "confirm") {
        const thing = pick(["built"], step.which);
        if (!thing) continue;
        thing.state = "confirmed";
        begin(placers[step.by]!.confirm(thing.request, thing.visibleFrom!).then(() => undefined));
      } else if (step.kind === "fail") {
        const thing = pick(["placed"], step.which);
        if (!thing) continue;
        thing.state = "gone";
        begin(placers[step.by]!.release(thing.request).then(() => undefined));
      } else if (step.kind === "delete") {
        const thing = pick(["confirmed"], step.which);
        if (!thing) continue;
        thing.state = "gone";
        hosts.find(({ address }) => address === thing.address)!.used -= thing.size;
      } else if (step.kind === "measure") {
        const made = hosts[step.at]!.measure(clock.now());
        if (made) for (const queue of queues) queue[step.at]!.push(made);
      } else if (step.kind === "deliver") {
        const next = queues[step.by]![step.at]!.shift();
        if (!next) continue;
        placers[step.by]!.receive(next);
        reported[step.by] = true;
        await clock.advance(0);
      } else if (step.kind === "pass") await clock.advance(step.ms);
      else if (step.kind === "sweep") begin(placers[step.by]!.sweep());
      else if (step.kind === "restart host") hosts[step.at]!.restart();
      else if (step.kind === "restart scheduler") {
        await settle();
        placers[step.by] = newPlacer(step.by);
        reported[step.by] = false;
        queues[step.by] = hosts.map(({ last }) => (last ? [last] : []));
      } else if (step.kind === "lose turn") ledgers[step.by]!.next = step.how;
      else if (step.kind === "settle") await settle();
    }
    await settle();
    lostInAll += ledgers.reduce((sum, { lost }) => sum + lost, 0);
  });
  await fc.assert(run, { numRuns: 150, examples: [confirmedByAnother] });
  expect(placedInAll).toBeGreaterThan(100);
  expect(lostInAll).toBeGreaterThan(100);
});
