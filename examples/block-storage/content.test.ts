import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentFor, rawBytes } from "./content.ts";

const scratch = await mkdtemp(join(tmpdir(), "reeve-content-"));

test.each([
  { kind: "what this machine has tools for", content: contentFor(scratch) },
  { kind: "bytes", content: rawBytes },
])("$kind: the checksum stays when the image grows, and differs for other content", async ({ content }) => {
  const image = join(scratch, `${content.what.length}.img`);
  try {
    await writeFile(image, "");
    await using file = await open(image, "r+");
    await file.truncate(64 * 2 ** 20);
    await content.fill(image);
    const checksum = await content.checksum(image);
    await file.truncate(128 * 2 ** 20);
    expect(await content.checksum(image)).toBe(checksum);
    await content.fill(image);
    expect(await content.checksum(image)).not.toBe(checksum);
  } finally {
    await rm(image);
  }
});
