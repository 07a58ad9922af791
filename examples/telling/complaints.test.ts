import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { complaintsIn } from "./complaints.ts";

test("of a log the last fifteen warnings and errors are told, and nothing else", () => {
  const directory = mkdtempSync(join(tmpdir(), "reeve-complaints-"));
  try {
    const log = join(directory, "reeve.log");
    const warnings = Array.from({ length: 20 }, (_, at) => ({ level: "warn", address: "a@b", msg: `${at}` }));
    const lines = [...warnings, { level: "error", msg: "last", err: { message: "why" } }, { level: "info", msg: "no" }];
    writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const told = complaintsIn(log).split("\n");
    expect(told).toHaveLength(15);
    expect([told[0], told.at(-1)]).toEqual(["warn a@b: 6: ", "error : last: why"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
