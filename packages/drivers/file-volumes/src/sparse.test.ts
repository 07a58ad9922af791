import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { scratchDirectory } from "./scratch.fixture.ts";
import { copySparse, SparseWriter } from "./sparse.ts";

const scratch = await scratchDirectory();
afterAll(() => rm(scratch, { recursive: true, force: true }));

const mebibyte = 2 ** 20;
const quiet = { signal: new AbortController().signal, progress() {} };

async function scratchFile(bytes: number) {
  const file = await open(join(scratch, "file"), "w+");
  await file.truncate(bytes);
  return file;
}

async function contentOf(file: Awaited<ReturnType<typeof open>>, bytes: number): Promise<Buffer> {
  const content = Buffer.alloc(bytes, 0xee);
  await file.read(content, 0, bytes, 0);
  return content;
}

test("what is written is what is read, wherever the zeros lie and however the data was cut", async () => {
  const run = fc.record({ zero: fc.boolean(), bytes: fc.integer({ min: 1, max: 200_000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 6 }), fc.integer({ min: 1, max: 150_000 }), async (runs, cut) => {
      const data = Buffer.concat(runs.map(({ zero, bytes }, i) => Buffer.alloc(bytes, zero ? 0 : i + 1)));
      const file = await scratchFile(data.length);
      const writer = new SparseWriter(file);
      const step = Math.max(cut, Math.ceil(data.length / 50));
      for (let at = 0; at < data.length; at += step) await writer.write(data.subarray(at, at + step), at);
      expect((await contentOf(file, data.length)).equals(data)).toBe(true);
      await file.close();
    }),
    { numRuns: 40 },
  );
});

test("a copy takes storage only for what is not zero, and reads the same", async () => {
  const bytes = 64 * mebibyte;
  const from = await scratchFile(bytes);
  for (const offset of [0, 20 * mebibyte + 5, bytes - 100]) await from.write(Buffer.alloc(100, 7), 0, 100, offset);
  const to = await open(join(scratch, "copy"), "w+");
  await to.truncate(bytes);
  await copySparse(from, to, { bytes, ...quiet });
  await to.sync();
  const { blocks } = await stat(join(scratch, "copy"));
  expect(blocks * 512).toBeLessThanOrEqual(mebibyte);
  expect((await contentOf(to, bytes)).equals(await contentOf(from, bytes))).toBe(true);
  await from.close();
  await to.close();
});

test("a block of zeros is a hole wherever the data was cut", async () => {
  const data = Buffer.alloc(mebibyte);
  data[110_000] = 1;
  const file = await scratchFile(data.length);
  const writer = new SparseWriter(file);
  for (let at = 0; at < data.length; at += 100_000) await writer.write(data.subarray(at, at + 100_000), at);
  await file.sync();
  expect((await file.stat()).blocks * 512).toBeLessThanOrEqual(64 * 1024);
  await file.close();
});

test("a copy ends at an abort, and tells its progress up to there", async () => {
  const from = await scratchFile(8 * mebibyte);
  await from.write(Buffer.alloc(8 * mebibyte, 1));
  const to = await open(join(scratch, "copy"), "w+");
  const controller = new AbortController();
  const steps: number[] = [];
  const copying = copySparse(from, to, {
    bytes: 8 * mebibyte,
    signal: controller.signal,
    progress: ({ doneBytes }) => {
      steps.push(doneBytes);
      if (steps.length === 3) controller.abort(new Error("enough"));
    },
  });
  await expect(copying).rejects.toThrow("enough");
  expect(steps).toEqual([mebibyte, 2 * mebibyte, 3 * mebibyte]);
  await from.close();
  await to.close();
});
