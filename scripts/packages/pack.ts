import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A package as the registry would get it. */
export interface Packed {
  readonly name: string;
  readonly files: readonly string[];
  readonly tarball: ArrayBuffer;
}

/** Packs a package folder with pnpm, which puts versions in the place of `workspace:` ranges. */
export async function pack(folder: string): Promise<Packed> {
  const destination = mkdtempSync(join(tmpdir(), "reeve-pack-"));
  try {
    const args = ["pack", "--json", "--pack-destination", destination];
    const { stdout } = await promisify(execFile)("pnpm", args, { cwd: folder, maxBuffer: 16 * 1024 * 1024 });
    const { name, filename, files } = JSON.parse(stdout) as {
      name: string;
      filename: string;
      files: { path: string }[];
    };
    const bytes = readFileSync(filename);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return { name, files: files.map(({ path }) => path).sort(), tarball };
  } finally {
    rmSync(destination, { recursive: true });
  }
}
