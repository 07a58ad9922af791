import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../store/scratch.test-kit.ts";
import { live, type Step, steps } from "./crash.test-program.ts";
import { openHouse } from "./house.test-kit.ts";

const program = join(import.meta.dirname, "crash.test-program.ts");

/** Runs one life in a process of its own. Resolves with the signal that ended it. */
async function processLife(
  storePath: string,
  devicePath: string,
  create: boolean,
  dieAt: Step,
): Promise<string | null> {
  const args = ["--conditions=reeve-source", program, storePath, devicePath, create ? "create" : "", dieAt ?? ""];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code, signal] = await once(child, "exit");
  if (signal === null) expect(code).toBe(0);
  return signal;
}

async function after(storePath: string, devicePath: string) {
  await using house = await openHouse(storePath);
  const { store } = await house.start();
  const lines = existsSync(devicePath) ? readFileSync(devicePath, "utf8").trim().split("\n") : [];
  return { volume: await store.find("volumes", "v1"), rows: await house.rows(), lines };
}

const expected: Record<(typeof steps)[number], { status: string | undefined; lines: string[] }> = {
  "before the intent is committed": { status: undefined, lines: [] },
  "after the intent is committed": { status: "error", lines: ["undo v1"] },
  "in the middle of the effect": { status: "error", lines: ["begin v1", "undo v1"] },
  "after the effect": { status: "error", lines: ["begin v1", "end v1", "undo v1"] },
  "before the result is committed": { status: "error", lines: ["begin v1", "end v1", "undo v1"] },
  "after the result is committed": { status: "available", lines: ["begin v1", "end v1"] },
};

test.each(steps)("a process killed %s leaves nothing stuck, and nothing is done twice", async (step) => {
  using scratch = scratchDirectory();
  const places = [scratch.file("store.db"), scratch.file("device")] as const;
  expect(await processLife(...places, true, step)).toBe("SIGKILL");
  await live(...places, false, undefined);
  const { volume, rows, lines } = await after(...places);
  expect(rows).toEqual([]);
  expect(volume?.status).toBe(expected[step].status);
  expect(lines).toEqual(expected[step].lines);
});

test("a process killed while it recovers, again and again, is recovered by the next that lives", async () => {
  using scratch = scratchDirectory();
  const places = [scratch.file("store.db"), scratch.file("device")] as const;
  expect(await processLife(...places, true, "after the effect")).toBe("SIGKILL");
  expect(await processLife(...places, false, "in the recovery")).toBe("SIGKILL");
  expect(await processLife(...places, false, "after the recovery's effect")).toBe("SIGKILL");
  expect(await processLife(...places, false, undefined)).toBeNull();
  expect(await processLife(...places, false, undefined)).toBeNull();
  const { volume, rows, lines } = await after(...places);
  expect(rows).toEqual([]);
  expect(volume?.status).toBe("error");
  // The killed recovery's undo cannot be known to have happened, so it is repeated; after the last one it never is.
  expect(lines).toEqual(["begin v1", "end v1", "undo v1", "undo v1"]);
});
