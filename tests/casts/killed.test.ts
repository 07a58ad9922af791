import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { long } from "../kit/long.ts";

const program = fileURLToPath(new URL("./killed.fixture.ts", import.meta.url));

async function life(path: string, point?: object): Promise<{ killed: boolean; told: string }> {
  const args = ["--conditions=reeve-source", program, path, point ? JSON.stringify(point) : ""];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [told, [, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { killed: signal === "SIGKILL", told };
}

/** The cast's, its key's, the relay's two, the handler's, its key's: for two casts, and one more. Some of them, evenly spread, in an ordinary run. */
const commits = long ? Array.from({ length: 14 }, (_, index) => index + 1) : [1, 4, 7];

test.each(["before", "after"])(
  "killed %s any commit on its way, each cast has one effect, in order",
  async (moment) => {
    let killed = 0;
    for (const commit of commits) {
      const directory = mkdtempSync(join(tmpdir(), "reeve-casts-"));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const path = join(directory, "a.sqlite");
      const first = await life(path, { commit, moment });
      if (first.killed) killed++;
      const notes: string[] = JSON.parse((await life(path)).told);
      const distinct = notes.filter((note) => note !== "last");
      expect([commit, ...distinct]).toEqual([commit, "told", "told more"]);
    }
    expect(killed).toBeGreaterThan(long ? 8 : 2);
  },
  120_000,
);
