import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** What a test puts in place of a tutorial's last line: what serves is told, and nothing stays. */
export const startedAndStopped = `await supervisor.start();
for (const { address, status } of supervisor.managers()) console.log(address, status.state);
await supervisor.stop();`;

/** The files of a page, written beside each other where the packages of the workspace can be imported. */
export class Tutorial implements Disposable {
  readonly directory: string;

  /** @param page below `docs/`; blocks that begin with `// name.ts` are its files */
  constructor(page: string) {
    // Not below `node_modules`: Node strips no types there.
    const cache = join(import.meta.dirname, ".cache");
    mkdirSync(cache, { recursive: true });
    this.directory = mkdtempSync(join(cache, "tutorial-"));
    writeFileSync(join(this.directory, "package.json"), '{ "type": "module" }');
    const text = readFileSync(join(root, "docs", page), "utf8");
    for (const [, code = ""] of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
      const [, name] = /^\/\/ ([\w-]+\.ts)\b/.exec(code) ?? [];
      if (name) writeFileSync(join(this.directory, name), code);
    }
  }

  /** Replaces a passage of a file, as a reader might who did not believe the page. */
  change(file: string, from: string, to: string): void {
    const path = join(this.directory, file);
    const code = readFileSync(path, "utf8");
    if (!code.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    writeFileSync(path, code.replaceAll(from, to));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}
