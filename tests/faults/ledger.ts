import { appendFileSync, readFileSync, writeFileSync } from "node:fs";

/** A file with a line for each run of a key: it outlives whoever writes it. Several processes may append. */
export class Ledger {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  clear(): void {
    writeFileSync(this.path, "");
  }

  write(key: string): void {
    appendFileSync(this.path, `${key}\n`);
  }

  runs(): ReadonlyMap<string, number> {
    const runs = new Map<string, number>();
    for (const key of readFileSync(this.path, "utf8").split("\n")) {
      if (key !== "") runs.set(key, (runs.get(key) ?? 0) + 1);
    }
    return runs;
  }
}
