import { seededRandom } from "@reeve/testing";
import { expect, type TestContext } from "vitest";
import { Disk } from "./disk.ts";
import { Recording } from "./recording.ts";
import type { Verdict } from "./replay.ts";
import { compileShim } from "./shim.ts";
import type { Record } from "./write-log.ts";

/** A directory to record in, and a seed; skips the test, with a reason, where nothing can be recorded. */
export function openScene(context: TestContext): Disposable & { readonly recording: Recording; readonly seed: number } {
  const shim = compileShim();
  if ("missing" in shim) return context.skip(shim.missing);
  using closing = new DisposableStack();
  closing.use(shim);
  const recording = closing.use(new Recording(shim.path));
  const open = closing.move();
  return { recording, seed: seedOf(), [Symbol.dispose]: () => open.dispose() };
}

/** What the log tells is all that was done to the directory, or a replay of it would prove nothing. */
export function expectExplained(recording: Recording): void {
  const disk = new Disk(seededRandom(0));
  for (const record of recording.records()) disk.apply(record);
  const told = disk.contents();
  for (const [name, content] of recording.contents()) expect(told.get(name)?.equals(content), name).toBe(true);
  expect([...told.keys()].sort()).toEqual([...recording.contents().keys()].sort());
}

/**
 * What a failed sync let go was written again before the log was begun anew: from then on nothing but the files has it. Not
 * before the next sync of the file, which may be that of a copy that was asked for before: it takes only what was synced earlier.
 */
export function expectWrittenAgain(records: readonly Record[], seed: number): void {
  const disk = new Disk(seededRandom(seed));
  let log: bigint | undefined;
  let failed = false;
  for (const [index, record] of records.entries()) {
    if (record.kind === "named" && record.name.endsWith("-wal")) log = record.file;
    if (failed && record.kind === "written" && record.file === log && beginsAnew(record, disk)) {
      const left = disk.lose({ keeps: () => true, keepsSector: () => true, fill: () => 0 });
      for (const [name, content] of disk.contents())
        expect(left.get(name)?.equals(content), `${name}, at record ${index}, seed ${seed}`).toBe(true);
      failed = false;
    }
    disk.apply(record);
    if (record.kind === "synced" && record.outcome === "failed") failed = true;
  }
  expect(failed, "a sync has failed, after which the log was not begun anew").toBe(false);
}

/** Whether a write to the log gives it a header of another salt: https://sqlite.org/fileformat2.html#the_write_ahead_log */
function beginsAnew({ at, data }: Extract<Record, { readonly kind: "written" }>, disk: Disk): boolean {
  if (at > 0) return false;
  const salt = (bytes: Buffer | undefined) => bytes?.toString("hex", 16, 24);
  const before = [...disk.contents()].find(([name]) => name.endsWith("-wal"))?.[1];
  return salt(data) !== salt(before);
}

/** What of a verdict is shown when it is not the expected one. */
export function told(verdict: Verdict, seed: number): string {
  const losses = verdict.losses.slice(0, 3).map(({ cut, way, findings }) => {
    const details = findings.slice(0, 3).map(({ kind, detail }) => `${kind}: ${detail}`);
    return `at record ${cut}, with ${way}:\n  ${details.join("\n  ")}`;
  });
  return `seed ${seed}: ${verdict.losses.length} of ${verdict.cuts} losses of power broke a promise\n${losses.join("\n")}`;
}

function seedOf(): number {
  return Number(process.env.REEVE_SEED ?? Math.floor(Math.random() * 2 ** 31));
}
