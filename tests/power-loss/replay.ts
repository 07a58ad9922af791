import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Random } from "@reeve/runtime/transport";
import { seededRandom } from "@reeve/testing";
import { check, type Finding, type FindingKind } from "./checker.ts";
import { Disk } from "./disk.ts";
import { type Mark, Promises } from "./marks.ts";
import { checkResumed } from "./resumed.ts";
import { survival, wayNames } from "./survival.ts";
import type { Record } from "./write-log.ts";

export interface ReplayOptions {
  readonly seed: number;
  /** How many losses of power, each at a moment of its own. */
  readonly cuts: number;
  /** The first record of the log after which power may be lost. Default the first of all. */
  readonly from?: number;
  /** Of how many of them, from 0 to 1, the program itself goes on with what was left. Default 0. */
  readonly resume?: number;
}

export interface Loss {
  /** How many records of the log there were. */
  readonly cut: number;
  readonly way: string;
  readonly findings: readonly Finding[];
}

export interface Verdict {
  readonly cuts: number;
  readonly losses: readonly Loss[];
  /** In how many cuts there was such a finding. */
  count(kind: FindingKind): number;
}

/** Loses power at moments of a log, and checks what is left against what had been promised until then. */
export async function replay(records: readonly Record[], options: ReplayOptions): Promise<Verdict> {
  const { seed, resume = 0 } = options;
  const random = seededRandom(seed);
  const cuts = new Set(moments(records, options, random));
  const disk = new Disk(random);
  const promises = new Promises();
  const losses: Loss[] = [];
  const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "reeve-image-"));
  try {
    for (const [index, record] of records.entries()) {
      disk.apply(record);
      if (record.kind === "mark") promises.add(JSON.parse(record.text) as Mark);
      const cut = index + 1;
      if (!cuts.has(cut)) continue;
      const way = wayNames[Math.floor(random() * wayNames.length)]!;
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      for (const [name, content] of disk.lose(survival(way, random, cut)))
        writeFileSync(join(directory, name), content);
      const findings = [...(await check(directory, promises))];
      if (findings.length === 0 && random() < resume) findings.push(...(await checkResumed(directory, promises)));
      if (findings.length > 0) losses.push({ cut, way, findings });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const count = (kind: FindingKind) =>
    losses.filter(({ findings }) => findings.some((finding) => finding.kind === kind)).length;
  return { cuts: cuts.size, losses, count };
}

/** Of the moments, half are any, and half those at which most is at stake. */
function moments(records: readonly Record[], { cuts, from = 0 }: ReplayOptions, random: Random): readonly number[] {
  const all = Array.from({ length: records.length - from }, (_, index) => from + index + 1);
  const grave = all.filter((cut) => atStake(records[cut - 1]!, records[cut]));
  const chosen = new Set<number>();
  while (chosen.size < Math.min(cuts, all.length)) {
    const among = chosen.size % 2 === 0 && random() < 0.9 && grave.length > 0 ? grave : all;
    chosen.add(among[Math.floor(random() * among.length)]!);
  }
  return [...chosen];
}

/** Somebody has just been told something, or a sync is about to begin or has ended. */
function atStake(record: Record, next: Record | undefined): boolean {
  return record.kind === "mark" || record.kind === "synced" || next?.kind === "sync";
}
