import type { Random } from "@reeve/runtime/transport";
import { DiskFile } from "./disk-file.ts";
import type { Survival } from "./survival.ts";
import type { Record } from "./write-log.ts";

interface NameChange {
  readonly position: number;
  /** What the names are afterwards; undefined: the name is gone. */
  readonly names: readonly (readonly [name: string, file: DiskFile | undefined])[];
}

/**
 * A directory on a disk that may lose its power. It is stricter than most file systems:
 *
 * - what a file holds is certain from the end of a sync of it on, for what was written before that sync began;
 * - a name is certain by a sync of the directory only, also that of a file which was synced itself;
 * - of everything else any part may be there, in any order; see `Survival`.
 */
export class Disk {
  readonly #random: Random;
  /** By inode: the last file that had it. */
  readonly #files = new Map<bigint, DiskFile>();
  readonly #names = new Map<string, DiskFile>();
  readonly #durableNames = new Map<string, DiskFile>();
  #pendingNames: NameChange[] = [];
  /** By the sequence of a sync that has begun: how far the log was then. */
  readonly #syncs = new Map<number, number>();
  #position = 0;

  /** @param random decides what a failed sync has written */
  constructor(random: Random) {
    this.#random = random;
  }

  /** What processes read now, by name. */
  contents(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#names].map(([name, file]) => [name, file.content()]));
  }

  apply(record: Record): void {
    const position = ++this.#position;
    switch (record.kind) {
      case "process":
        return this.#syncs.clear();
      case "named": {
        const file = new DiskFile();
        this.#files.set(record.file, file);
        return this.#rename(position, [[record.name, file]]);
      }
      case "removed":
        return this.#rename(position, [[record.name, undefined]]);
      case "renamed":
        return this.#rename(position, [
          [record.from, undefined],
          [record.to, this.#names.get(record.from)],
        ]);
      case "written":
        return this.#files.get(record.file)?.write(position, record.at, record.data);
      case "resized":
        return this.#files.get(record.file)?.resize(position, record.size);
      case "sync":
        this.#syncs.set(record.sequence, position);
        return;
      case "synced":
        return this.#synced(record);
      case "mark":
        return;
    }
  }

  /** What a loss of power now may leave, by name. */
  lose(survival: Survival): ReadonlyMap<string, Buffer> {
    const names = new Map(this.#durableNames);
    for (const { position, names: changed } of this.#pendingNames) {
      if (survival.keeps(position)) this.#set(names, changed);
    }
    return new Map([...names].map(([name, file]) => [name, file.image(survival)]));
  }

  #rename(position: number, names: NameChange["names"]): void {
    this.#pendingNames.push({ position, names });
    this.#set(this.#names, names);
  }

  #synced({ file, begun, outcome }: Extract<Record, { readonly kind: "synced" }>): void {
    const upTo = this.#syncs.get(begun) ?? 0;
    this.#syncs.delete(begun);
    if (outcome === "lied") return;
    const synced = this.#files.get(file);
    // The directory is the one file that nothing named.
    if (!synced) return outcome === "done" ? this.#syncNames(upTo) : undefined;
    if (outcome === "done") synced.makeDurable(upTo);
    else synced.loseSome(upTo, this.#random);
  }

  #syncNames(upTo: number): void {
    for (const { position, names } of this.#pendingNames) if (position <= upTo) this.#set(this.#durableNames, names);
    this.#pendingNames = this.#pendingNames.filter(({ position }) => position > upTo);
  }

  #set(into: Map<string, DiskFile>, names: NameChange["names"]): void {
    for (const [name, file] of names) {
      if (file) into.set(name, file);
      else into.delete(name);
    }
  }
}
