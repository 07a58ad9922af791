import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Random } from "@reeve/runtime/transport";
import { seededRandom } from "@reeve/testing";
import { type CastFinding, checkCasts } from "./cast-checker.ts";
import type { CastMark } from "./cast-marks.ts";
import { type Side, sides } from "./cast-yard.ts";
import { Disk } from "./disk.ts";
import { survival, wayNames } from "./survival.ts";
import type { Record } from "./write-log.ts";

/** Of each side, how many records of the log there were when it lost its power. */
export type Cuts = ReadonlyMap<Side, number>;

export interface CastLoss {
  readonly cuts: string;
  readonly findings: readonly CastFinding[];
}

export interface CastReplayOptions {
  readonly seed: number;
  /** How many losses of power. */
  readonly cuts: number;
  /** Ends with the first that breaks this promise. Default: none does. */
  readonly untilFound?: CastFinding["kind"];
}

/** Loses the power of every side, each at a moment and in a way of its own, opens all again, and checks what comes of the casts. */
export async function replayCasts(
  records: readonly Record[],
  options: CastReplayOptions,
): Promise<readonly CastLoss[]> {
  const { seed, cuts: count, untilFound } = options;
  const random = seededRandom(seed);
  const losses: CastLoss[] = [];
  const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "reeve-casts-"));
  try {
    for (let index = 0; index < count; index++) {
      const cuts = cutsOf(records, random);
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      const ways = [...cuts].map(([side, cut]) => leave(directory, records.slice(0, cut), side, random));
      const findings = await checkCasts(directory, acknowledgedBy(records.slice(0, cuts.get("shop-01"))));
      if (findings.length > 0)
        losses.push({ cuts: [...cuts].map((cut, at) => [...cut, ways[at]]).join("; "), findings });
      if (findings.some(({ kind }) => kind === untilFound)) break;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return losses;
}

/** Writes what a loss of power now leaves of a side's disk. Returns in which way it was lost. */
function leave(directory: string, records: readonly Record[], side: Side, random: Random): string {
  const disk = new Disk(random);
  for (const record of records) disk.apply(record);
  const way = wayNames[Math.floor(random() * wayNames.length)]!;
  for (const [name, content] of disk.lose(survival(way, random, records.length)))
    if (name.startsWith(`${side}.`)) writeFileSync(join(directory, name), content);
  return way;
}

/**
 * Moments that can be: one side after the other loses its power, and those that still have theirs write on, for as long as nothing
 * was sent by one that has lost it.
 */
function cutsOf(records: readonly Record[], random: Random): Cuts {
  const cuts = new Map<Side, number>();
  let from = graveMoment(records, random);
  let until = records.length;
  for (const side of shuffled(sides, random)) {
    const cut = from + Math.floor(random() * (until - from + 1));
    cuts.set(side, cuts.size === 0 ? from : cut);
    from = Math.max(from, cuts.get(side)!);
    until = Math.min(until, nextSend(records, side, from));
  }
  return cuts;
}

/** The position of the first message that a side sends from a moment on. */
function nextSend(records: readonly Record[], side: Side, from: number): number {
  const next = records.findIndex(
    (record, index) => index >= from && record.kind === "mark" && isSend(markOf(record.text), side),
  );
  return next === -1 ? records.length : next;
}

/** Of the moments, half are any, and half those about a sync or a mark. */
function graveMoment(records: readonly Record[], random: Random): number {
  const any = () => 1 + Math.floor(random() * records.length);
  const grave = random() < 0.5;
  for (;;) {
    const cut = any();
    const kind = records[cut - 1]!.kind;
    if (!grave || kind === "mark" || kind === "synced" || records[cut]?.kind === "sync") return cut;
  }
}

function acknowledgedBy(records: readonly Record[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const record of records) {
    if (record.kind !== "mark") continue;
    const mark = markOf(record.text);
    if ("acknowledged" in mark) ids.add(mark.acknowledged);
  }
  return ids;
}

function isSend(mark: CastMark, side: Side): boolean {
  return "sent" in mark && mark.sent === side;
}

function markOf(text: string): CastMark {
  return JSON.parse(text) as CastMark;
}

function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  return values
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}
