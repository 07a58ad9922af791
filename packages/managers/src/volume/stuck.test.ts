import type { WorkUnderWay } from "@reeve/runtime";
import { expect, test } from "vitest";
import { createdAt } from "./created-at.ts";
import { volumeJobs } from "./jobs.ts";
import { stuckBecause } from "./stuck.ts";

const minutes = 60_000;
const begun = (kind: string, more: Partial<WorkUnderWay> = {}): WorkUnderWay => ({
  ...{ kind, begunAt: new Date(0), failedRecoveries: 0, lastError: null },
  ...more,
});

test("a volume in work is stuck when nothing is done to it, or what is done has failed", () => {
  expect(stuckBecause(undefined, 0)).toBe("no work is done to it");
  const failed = begun("volume.deleting", { failedRecoveries: 3, lastError: "no disk" });
  expect(stuckBecause(failed, 1)).toBe("volume.deleting failed 3 times: no disk");
});

test("it is stuck when its work goes on for longer than the operation that began it may take", () => {
  expect(stuckBecause(begun("volume.creating"), 10 * minutes)).toBeUndefined();
  expect(stuckBecause(begun("volume.creating"), 10 * minutes + 1)).toBe(
    "volume.creating goes on for longer than build may take",
  );
  expect(stuckBecause(begun("volume.copying"), 23 * 60 * minutes)).toBeUndefined();
  expect(stuckBecause(begun("volume.copying"), 25 * 60 * minutes)).toMatch(/longer than copy may take/);
  const ofVolumes = Object.keys(volumeJobs).filter((kind) => kind.startsWith("volume."));
  for (const kind of ofVolumes) expect(stuckBecause(begun(kind), 1_000 * 24 * 60 * minutes)).toMatch(/ may take$/);
  expect(stuckBecause(begun("of.another.version"), 99 * 60 * minutes)).toBeUndefined();
});

test("an id tells when it was made, where it is one of ours", () => {
  expect(createdAt("01ARYZ6S41TSV4RRFFQ69G5FAV")).toBe(1_469_918_176_385);
  for (const id of ["", "volume-7", "01ARYZ6S41TSV4RRFFQ69G5FAVX", "81ARYZ6S41TSV4RRFFQ69G5FAV"])
    expect(createdAt(id)).toBeUndefined();
});
