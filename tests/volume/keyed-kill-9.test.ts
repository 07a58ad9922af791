import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ReeveError } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { BlockHouse, imagesIn, mib } from "./block-house.ts";
import type { KillPoint } from "./killing-store.ts";

const child = fileURLToPath(new URL("./keyed-create.fixture.ts", import.meta.url));

/** More commits than a create makes, so that the last of these points lies behind it. */
const commits = Array.from({ length: 10 }, (_, index) => index + 1);
const points: readonly KillPoint[] = [
  ...commits.flatMap((commit) => [
    { commit, moment: "before" as const },
    { commit, moment: "after" as const },
  ]),
  { driver: "before" },
  { driver: "after" },
];

vi.setConfig({ testTimeout: 60_000 });

/** Whether it got as far as its answer. */
async function dies(directory: string, point: KillPoint): Promise<boolean> {
  const process_ = spawn(process.execPath, ["--conditions=reeve-source", child, directory, JSON.stringify(point)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  process_.stdout.on("data", (data) => {
    said += data;
  });
  const [, signal] = await once(process_, "close");
  expect(signal).toBe("SIGKILL");
  return said === "answered\n";
}

/** Repeats the key until it is told what became of it. */
function repeated(house: BlockHouse): Promise<{ readonly id: string } | ReeveError> {
  return vi.waitFor(
    async () => {
      try {
        return await house.volume.create({ name: "v", sizeGiB: mib }, { idempotencyKey: "k1" });
      } catch (error) {
        const settled = error instanceof ReeveError && !(error.reason === "DUPLICATE_KEY" && error.retryable);
        if (!settled) throw error;
        return error;
      }
    },
    { timeout: 30_000, interval: 50 },
  );
}

const dataOf = (told: object) => (told instanceof ReeveError ? told.data : told);
const answered: boolean[] = [];

test.each(points)(
  "a keyed create killed at %j, and repeated, ends with its volume, or with an error that names it",
  async (point) => {
    const directory = await mkdtemp(join(tmpdir(), "reeve-keyed-"));
    await mkdir(join(directory, "ssd"));
    const through = await dies(directory, point);
    answered.push(through);
    await using house = await BlockHouse.open({ directory });
    const told = await repeated(house);
    const { items } = await house.volume.list({});
    expect(items).toHaveLength(1);
    const [volume] = items;
    if (told instanceof ReeveError) {
      expect(told).toMatchObject({
        ...{ reason: "DUPLICATE_KEY", outcome: "executed", retryable: false },
        data: { state: "ended", resource: volume!.id },
      });
      expect(volume).toMatchObject({ status: "error", fault: { reason: "INTERRUPTED" } });
      expect(await imagesIn(house.backend().root)).toEqual([]);
    } else {
      expect(told).toMatchObject({ id: volume!.id, status: "available" });
      expect(volume).toMatchObject({ status: "available", host: "host@ssd" });
      expect(await imagesIn(house.backend().root)).toEqual([`${volume!.id}.volume`]);
    }
    if (through) expect(told).not.toHaveProperty("reason");
    // And so it stays.
    const again = await repeated(house);
    expect(dataOf(again)).toEqual(dataOf(told));
    expect((await house.volume.list({})).items).toHaveLength(1);
  },
);

test("the points lie on the whole way of a create, and behind it", () => {
  expect(answered).toContain(true);
  expect(answered.filter((through) => !through).length).toBeGreaterThanOrEqual(8);
});
