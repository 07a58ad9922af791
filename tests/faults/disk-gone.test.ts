import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { noSmallDisk, type SmallDisk, smallDisk } from "../kit/small-disk.ts";
import { Barn } from "./barn.ts";
import { hold, long } from "./figure.ts";

vi.setConfig({ testTimeout: 180_000 });

const rounds = long ? 20 : 4;
const perRound = 16;

interface Disk {
  readonly directory: string;
  readonly store: string;
  /** Absent where it cannot be filled. */
  readonly small: SmallDisk | undefined;
}

interface Fault {
  readonly name: string;
  readonly happens: (disk: Disk) => void;
  /** Absent: what was there before is lost, and only a restart goes on. */
  readonly passes?: (disk: Disk) => void;
}

const aside = (path: string) => `${path}.aside`;

function each(act: (suffix: string) => void): void {
  for (const suffix of ["", "-wal"]) act(suffix);
}

const faults: readonly Fault[] = [
  { name: "store file deleted", happens: ({ store }) => rmSync(store) },
  { name: "store and log deleted", happens: ({ store }) => each((suffix) => rmSync(store + suffix)) },
  { name: "log deleted", happens: ({ store }) => rmSync(`${store}-wal`) },
  {
    name: "store moved away and back",
    happens: ({ store }) => each((suffix) => renameSync(store + suffix, aside(store + suffix))),
    passes: ({ store }) => each((suffix) => renameSync(aside(store + suffix), store + suffix)),
  },
  {
    name: "store replaced by a copy",
    happens: ({ store }) => {
      copyFileSync(store, aside(store));
      renameSync(aside(store), store);
    },
  },
  { name: "store file cut to nothing", happens: ({ store }) => truncateSync(store) },
  {
    name: "disk full",
    happens: ({ small }) => small!.fill(),
    passes: ({ small }) => small!.free(),
  },
];

/** A file system of 8 MiB where this process may mount one; otherwise a directory. */
function openDisk(): Disposable & Disk {
  const small = smallDisk(8);
  const directory = small?.root ?? mkdtempSync(join(tmpdir(), "reeve-gone-"));
  return {
    ...{ directory, small, store: join(directory, "store.sqlite") },
    [Symbol.dispose]() {
      if (small) small[Symbol.dispose]();
      else rmSync(directory, { recursive: true, force: true });
    },
  };
}

test.for(faults)(
  "$name: what is acknowledged from then on is there after kill -9 and a restart",
  async ({ name, happens, passes }, context) => {
    using disk = openDisk();
    if (!disk.small && name === "disk full") return context.skip(noSmallDisk);
    await using first = new Barn(disk.directory);
    expect(await first.started()).toBe(true);
    const before = await first.store("before", perRound);
    expect(before).toHaveLength(perRound);
    happens(disk);
    // What is acknowledged by a store that nobody will find again is lost.
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round++) acknowledged.push(...(await first.store("during", perRound)));
    if (passes) {
      passes(disk);
      await vi.waitFor(async () => expect(await first.store("after", 1)).toHaveLength(1), {
        timeout: 60_000,
        interval: 200,
      });
      acknowledged.push(...before, ...(await first.store("after", perRound)));
    }
    await first.kill();
    const fault = `disk gone: ${name}`;
    await using second = new Barn(disk.directory);
    const left = (await second.started()) ? await second.left() : new Set<string>();
    const lost = acknowledged.filter((id) => !left.has(id)).length;
    hold({ fault, invariant: "acknowledged since, and lost", bound: { is: 0 }, figure: lost });
    if (passes)
      hold({
        fault,
        invariant: "acknowledged once it has passed",
        bound: { atLeast: perRound },
        figure: acknowledged.length - before.length,
      });
  },
);
