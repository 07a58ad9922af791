import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("./shim.c", import.meta.url));

/** A library to be preloaded, for as long as it is held. */
export interface Shim extends Disposable {
  readonly path: string;
}

/** Compiles the shim, or tells why that cannot be here. */
export function compileShim(): Shim | { readonly missing: string } {
  if (process.platform !== "linux")
    return { missing: `needs Linux, whose C library loads it; this is ${process.platform}` };
  const directory = mkdtempSync(join(tmpdir(), "reeve-shim-"));
  const path = join(directory, "shim.so");
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path, source, "-lpthread"], {
      stdio: "pipe",
    });
    return { path, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    // A compiler that is there and refuses is a fault of the shim.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { missing: "needs a C compiler called cc" };
  }
}
