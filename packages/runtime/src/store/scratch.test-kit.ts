import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for one test: `using scratch = scratchDirectory()` removes it at the end. */
export function scratchDirectory(): Disposable & { file(name: string): string } {
  const directory = mkdtempSync(join(tmpdir(), "reeve-"));
  return {
    file: (name) => join(directory, name),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
