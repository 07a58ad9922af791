import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const letterBytes = 4 * 2 ** 20;

/** Something to keep on a volume, and how to see that it is unharmed. */
export interface Content {
  readonly what: string;
  /** Fills an image with fresh content. */
  fill(path: string): Promise<void>;
  /** Of the content, not of the image: it stays when the image grows. */
  checksum(path: string): Promise<string>;
}

/** A file system with a file in it where the tools are there, else bytes at the start of the image. */
export function contentFor(scratch: string): Content {
  const [mkfs, debugfs, fsck] = [tool("mkfs.ext4"), tool("debugfs"), tool("e2fsck")];
  return mkfs && debugfs && fsck ? fileSystem(scratch, { mkfs, debugfs, fsck }) : rawBytes;
}

function fileSystem(scratch: string, { mkfs, debugfs, fsck }: Record<"mkfs" | "debugfs" | "fsck", string>): Content {
  return {
    what: "an ext4 file system with a letter in it",
    async fill(path) {
      const files = await mkdtemp(join(scratch, "files-"));
      await writeFile(join(files, "letter"), randomBytes(letterBytes));
      await run(mkfs, ["-q", "-F", "-d", files, path]);
    },
    async checksum(path) {
      await run(fsck, ["-f", "-n", path]);
      const options = { encoding: "buffer", maxBuffer: 2 * letterBytes } as const;
      const { stdout } = await run(debugfs, ["-R", "cat /letter", path], options);
      if (stdout.length !== letterBytes) throw new Error(`the letter on ${path} has ${stdout.length} bytes`);
      return digest(stdout);
    },
  };
}

export const rawBytes: Content = {
  what: "bytes",
  async fill(path) {
    await using file = await open(path, "r+");
    await file.write(randomBytes(letterBytes), 0, letterBytes, 0);
    await file.sync();
  },
  async checksum(path) {
    await using file = await open(path, "r");
    const { buffer } = await file.read(Buffer.alloc(letterBytes), 0, letterBytes, 0);
    return digest(buffer);
  },
};

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** Administrators' tools are often outside a user's path. */
function tool(name: string): string | undefined {
  const places = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return places.map((place) => join(place, name)).find((path) => existsSync(path));
}
