import { chmod, mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dataRanges, rangesOf } from "./data-ranges.ts";
import { scratchDirectory } from "./scratch.fixture.ts";
import { copySparse } from "./sparse.ts";

const mebibyte = 2 ** 20;
const head =
  "Filesystem type is: ef53\nFile size of x is 9\n ext: logical_offset: physical_offset: length: expected: flags:\n";

let scratch = "";
beforeEach(async () => {
  scratch = await scratchDirectory();
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

test("a complete map gives the ranges of data, cut at the file's end", () => {
  const map = `${head}   0:        0..    4095:   8192..  12287:   4096:             
   1:   524288..  1052671:   20480..  548863: 528384:      12288: last,unwritten,eof
x: 2 extents found\n`;
  expect(rangesOf(map, mebibyte)).toEqual([
    { from: 0, to: 4096 },
    { from: 524_288, to: mebibyte },
  ]);
  expect(rangesOf(`${head}x: 0 extents found\n`, mebibyte)).toEqual([]);
});

test.each([
  ["nothing", ""],
  ["a map without its last extent", `${head}   0:  0..  4095:  8192..  12287:  4096:\nx: 2 extents found\n`],
  ["a map out of order", `${head}   0:  9..  10:  1..  2:  2:\n   1:  0..  5:  1..  2:  2:  last\n`],
  [
    "a map that goes on after its last extent",
    `${head}   0:  0..  5:  1..  2:  2:  last\n   1:  9..  10:  1..  2:  2:  last\n`,
  ],
  ["another tool's words", "x: 3 fragments, all fine"],
])("%s is not trusted: all must be read", (_what, map) => {
  expect(rangesOf(map, mebibyte)).toBeUndefined();
});

async function withTool(script: string, work: () => Promise<void>): Promise<void> {
  const path = process.env.PATH;
  const directory = join(scratch, "bin");
  await mkdir(directory);
  await writeFile(join(directory, "filefrag"), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, "filefrag"), 0o755);
  process.env.PATH = `${directory}:${path}`;
  try {
    await work();
  } finally {
    process.env.PATH = path;
  }
}

test.each([
  ["fails", "echo 'x: 0 extents found'; exit 22"],
  ["is another", "echo hello"],
])("where the tool %s, a copy reads everything and is right", async (_what, script) => {
  const from = await open(join(scratch, "from"), "w+");
  await from.truncate(2 * mebibyte);
  await from.write(Buffer.alloc(10, 7), 0, 10, mebibyte + 5);
  const to = await open(join(scratch, "to"), "w+");
  await to.truncate(2 * mebibyte);
  const steps: number[] = [];
  await withTool(script, async () => {
    expect(await dataRanges(from, 2 * mebibyte)).toBeUndefined();
    await copySparse(from, to, {
      bytes: 2 * mebibyte,
      signal: new AbortController().signal,
      progress: ({ doneBytes }) => void steps.push(doneBytes),
    });
  });
  expect(steps).toEqual([mebibyte, 2 * mebibyte]);
  expect((await to.readFile()).equals(await from.readFile())).toBe(true);
  await from.close();
  await to.close();
});

test("where there is no such tool nothing is known", async () => {
  const file = await open(join(scratch, "file"), "w+");
  expect(await dataRanges(file, 0, scratch)).toBeUndefined();
  await file.close();
});

const probe = await scratchDirectory();
const probed = await open(join(probe, "file"), "w+");
const noMap = (await dataRanges(probed, 0)) === undefined ? "no filefrag, or not on this file system" : undefined;
await probed.close();
await rm(probe, { recursive: true });
if (noMap) console.log(`file-volumes: the tests of the extent map are skipped: ${noMap}`);

describe.skipIf(noMap)("where the file system tells of its holes", () => {
  test("every byte that was written lies in a range, flushed or not", async () => {
    const island = fc.record({
      at: fc.integer({ min: 0, max: 2 ** 40 - 70_000 }),
      bytes: fc.integer({ min: 1, max: 70_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(island, { maxLength: 5 }), async (islands) => {
        const file = await open(join(scratch, "file"), "w+");
        await file.truncate(2 ** 40);
        for (const { at, bytes } of islands) await file.write(Buffer.alloc(bytes, 1), 0, bytes, at);
        const ranges = (await dataRanges(file, 2 ** 40))!;
        for (const { at, bytes } of islands)
          for (const byte of [at, at + bytes - 1])
            expect(ranges.some(({ from, to }) => from <= byte && byte < to)).toBe(true);
        await file.close();
      }),
      { numRuns: 15 },
    );
  });

  test("a copy of a huge file reads only what was written", async () => {
    const bytes = 2 ** 42;
    const from = await open(join(scratch, "from"), "w+");
    await from.truncate(bytes);
    for (const at of [0, 2 ** 41 + 12_345, bytes - 100]) await from.write(Buffer.alloc(100, 7), 0, 100, at);
    const to = await open(join(scratch, "to"), "w+");
    await to.truncate(bytes);
    const steps: number[] = [];
    await copySparse(from, to, {
      bytes,
      signal: new AbortController().signal,
      progress: ({ doneBytes }) => void steps.push(doneBytes),
    });
    expect(steps.length).toBeLessThanOrEqual(6);
    for (const at of [0, 2 ** 41 + 12_345, bytes - 100]) {
      const { buffer } = await to.read(Buffer.alloc(100), 0, 100, at);
      expect(buffer.equals(Buffer.alloc(100, 7))).toBe(true);
    }
    await from.close();
    await to.close();
  });
});
