import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { BlockHouse, imagesIn } from "./block-house.ts";

const child = fileURLToPath(new URL("./copying-child.fixture.ts", import.meta.url));

// Two processes start here, and a busy machine is slow to start one.
vi.setConfig({ testTimeout: 60_000 });

test("a process killed in the middle of a copy leaves what the next one cleans up, and the source whole", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-volume-"));
  const root = join(directory, "ssd");
  await mkdir(root);
  const process_ = spawn(process.execPath, ["--conditions=reeve-source", child, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let percent = 0;
  for await (const line of createInterface(process_.stdout)) {
    percent = Number(line);
    if (percent > 0) break;
  }
  process_.kill("SIGKILL");
  await once(process_, "close");
  expect(percent).toBeLessThan(100);
  const left = await imagesIn(root);
  expect(left.filter((name) => name.endsWith(".volume"))).toHaveLength(1);
  expect(left.length).toBeGreaterThan(1);

  await using house = await BlockHouse.open({ directory });
  const [source, twin] = (await house.volume.list({})).items;
  expect(twin).toMatchObject({ name: "twin", status: "error", host: null, fault: { reason: "INTERRUPTED" } });
  expect(source).toMatchObject({ name: "source", status: "available" });
  expect(await imagesIn(root)).toEqual([`${source!.id}.volume`]);
  const content = await readFile(join(root, `${source!.id}.volume`));
  for (let at = 0; at < 128; at++) expect(content[at * 2 ** 20]).toBe(at + 1);
  // Nothing is busy: the same work can be done now.
  expect(await house.volume.copy({ id: source!.id, name: "again" }).result).toMatchObject({ status: "available" });
});
