import { setTimeout as lasts } from "node:timers/promises";
import { type Duration, ReeveError } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { hold, long, note } from "./figure.ts";
import { Scene, type WorkCaller } from "./scene.ts";

vi.setConfig({ testTimeout: long ? 120_000 : 30_000 });

const floodMs = long ? 10_000 : 2_000;

interface Kind {
  readonly fault: string;
  /** A full mailbox is two more turns of work: who gets in waits no longer than that. */
  readonly limits: { readonly maxInFlight: number; readonly maxQueued: number };
  readonly call: (caller: WorkCaller, timeout?: Duration) => Promise<unknown>;
}

const kinds: readonly Kind[] = [
  {
    fault: `10× flood for ${floodMs / 1_000} s`,
    limits: { maxInFlight: 8, maxQueued: 16 },
    call: ({ work }, timeout = "20s") => work.hold({ ms: 20 }, { timeout }),
  },
  {
    fault: `10× flood of processor time for ${floodMs / 1_000} s`,
    // There is one processor, however many calls are let at it; two, so that not every turn of the loop ends with one.
    limits: { maxInFlight: 2, maxQueued: 4 },
    call: ({ work }, timeout = "20s") => work.burn({ ms: 0.5 }, { timeout }),
  },
];

test.each(kinds)("$fault: it does what it can, and refuses the rest at once", async ({ fault, limits, call }) => {
  await using scene = await Scene.open();
  await scene.serve({ limits });
  const caller = await scene.caller();
  const one = (timeout?: Duration) => call(caller, timeout);
  const lanes = (limits.maxInFlight + limits.maxQueued + 1) >> 1;
  await atCapacity(one, lanes, 300);
  const unloaded = await oneByOne(one, 100);
  const capacity = await atCapacity(one, lanes, long ? 3_000 : 1_000);
  const flooded = await flood(one, 10 * capacity);
  const goodput = (flooded.accepted.length / flooded.lastedMs) * 1_000;
  const offered = (flooded.offered / flooded.lastedMs) * 1_000;
  const ended = flooded.accepted.length + flooded.refused.length;
  hold({ fault, invariant: "calls neither answered nor refused", bound: { is: 0 }, figure: flooded.offered - ended });
  expect(flooded.accepted.length).toBeGreaterThan(0);
  expect(flooded.refused.length).toBeGreaterThan(flooded.accepted.length);
  note({ fault, invariant: "offered", bound: { atLeast: 900 }, figure: (offered / capacity) * 100, unit: "%" });
  note({ fault, invariant: "goodput", bound: { atLeast: 80 }, figure: (goodput / capacity) * 100, unit: "%" });
  note({ fault, invariant: "refused, p99", bound: { atMost: 50 }, figure: p99(flooded.refused), unit: "ms" });
  note({
    fault,
    invariant: "accepted, p99 over unloaded p99",
    bound: { atMost: 5 },
    figure: p99(flooded.accepted) / p99(unloaded),
  });
});

interface Flooded {
  readonly offered: number;
  readonly lastedMs: number;
  /** How long each took, in ms. */
  readonly accepted: number[];
  readonly refused: number[];
}

type One = (timeout?: Duration) => Promise<unknown>;

async function oneByOne(one: One, count: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    await one();
    took.push(performance.now() - from);
  }
  return took;
}

/** Calls a second with the mailbox busy and never full. */
async function atCapacity(one: One, lanes: number, forMs: number): Promise<number> {
  const from = performance.now();
  let answered = 0;
  const calling = Array.from({ length: lanes }, async () => {
    for (; performance.now() - from < forMs; answered++) await one();
  });
  await Promise.all(calling);
  return (answered / (performance.now() - from)) * 1_000;
}

/** Open loop: calls are made when they are due, whatever became of those before. */
async function flood(one: One, perSecond: number): Promise<Flooded> {
  const accepted: number[] = [];
  const refused: number[] = [];
  const calls: Promise<void>[] = [];
  const make = async () => {
    const from = performance.now();
    try {
      await one("10s");
      accepted.push(performance.now() - from);
    } catch (error) {
      if (!(error instanceof ReeveError) || error.reason !== "MAILBOX_FULL") throw error;
      refused.push(performance.now() - from);
    }
  };
  const from = performance.now();
  for (let now = from; now - from < floodMs; now = performance.now()) {
    for (const due = ((now - from) / 1_000) * perSecond; calls.length < due; ) calls.push(make());
    // Turning without a pause would take the processor from those who answer.
    await lasts(1);
  }
  await Promise.all(calls);
  return { offered: calls.length, lastedMs: performance.now() - from, accepted, refused };
}

function p99(took: number[]): number {
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Number.NaN;
}
