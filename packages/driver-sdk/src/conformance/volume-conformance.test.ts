import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { defineDriver } from "../define-driver.ts";
import { volumeDriver } from "../volume/index.ts";
import { type Fault, faults, naiveVolumes } from "./naive-volumes.fixture.ts";
import { volumeConformance } from "./volume-conformance.ts";

const scratch = await mkdtemp(join(tmpdir(), "reeve-conformance-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const mebibyte = 2 ** 20;

function suite(fault?: Fault) {
  const make = (capacityBytes?: number) => async () => {
    const root = await mkdtemp(join(scratch, "root-"));
    const driver = naiveVolumes({ root, ...(capacityBytes ? { capacityBytes } : {}), ...(fault ? { fault } : {}) });
    return { driver, dispose: () => rm(root, { recursive: true, force: true }) };
  };
  return volumeConformance({
    name: "naive",
    make: make(),
    makeSmall: make(3 * mebibyte),
    fillBytes: 2 * mebibyte,
    sizeGiB: 1 / 1024,
    // Only a driver that hangs waits for it.
    callTimeoutMs: fault === "import is deaf" ? 1_000 : 30_000,
  });
}

for (const { name, run } of suite()) test.concurrent(name, run);

/** The promise each fault breaks; others may break with it. */
const broken: Readonly<Record<Fault, RegExp>> = {
  "create overwrites": /^creating an id that is taken/,
  "create is not exclusive": /^of ten creates/,
  "create keeps old content": /^an id that was deleted can be created anew/,
  "create is too small": /^a created volume is listed, as large/,
  "delete fails when there is nothing": /^deleting removes the volume/,
  "delete takes another": /^deleting removes the volume and no other/,
  "ids are not checked": /^a malformed id/,
  "sizes are not checked": /^a size of the wrong shape/,
  "unknown ids are errors of its own": /^an unknown id is NOT_FOUND/,
  "extend wipes": /^extending keeps the content/,
  "extend shrinks": /^extending to the present size succeeds; to a smaller/,
  "snapshot shares storage": /^a snapshot keeps its content/,
  "snapshot replaces": /^a snapshot's id that is taken/,
  "snapshot of another size": /^a snapshot is listed under its volume, as large/,
  "clone shares storage": /^a clone reads as its source, and each keeps/,
  "clone loses its end": /^a clone reads as its source/,
  "clone is as small as its source": /^a clone may be larger/,
  "clone says nothing": /^a clone tells its progress/,
  "import in place": /^an import that is cancelled halfway/,
  "import mixes chunks up": /^what is imported is exported again/,
  "import takes too much": /^data longer than the volume/,
  "import is deaf": /^an import that is cancelled halfway ends soon/,
  "export stops early": /^what is imported is exported again/,
  "stats claim more free than there is": /^statistics satisfy the port's schema/,
  "stats forget": /^what is provisioned is the sum/,
  "stats invent": /^what is provisioned is the sum/,
  "set-up wipes": /^after a restart every volume is there/,
  "work in progress is left over": /^a volume in the making/,
  "full is an error of its own": /^an import that does not fit/,
  "create comes late": /^an aborted create has taken effect/,
  "deletion comes late": /^an aborted deletion has taken effect/,
  "extension comes late": /^an aborted extension has taken effect/,
  "snapshot comes late": /^an aborted snapshot has taken effect/,
  "snapshot's deletion comes late": /^an aborted snapshot's deletion has taken effect/,
  "clone comes late": /^an aborted clone has taken effect/,
  "import comes late": /^an aborted import has taken effect/,
  "a fence does nothing": /^a session that was fenced is refused the deletion/,
  "a fence is looked at once": /^an import that is half way when the fence comes/,
  "a fence waits for nothing": /^the extension that a fence meets/,
  "a fence ends open sessions only": /^a fence of an address that has no session/,
  "a fence stops every epoch": /^a session of a higher epoch/,
  "a fence stops every address": /^a fence leaves the sessions of other addresses alone/,
  "a fence is lifted": /^fencing twice is no error/,
  "a fence is forgotten": /^a fence holds after every process was restarted/,
  "a fence says nothing clear": /^a session that was fenced is refused the extension/,
  "members share no books": /^what one member makes every member lists/,
};

/** Promises that no fault touches: a suite in which everything fails would show nothing. */
const untouched = /any text will do as a volume's name|connecting twice gives the same answer/;

test.for(faults)(
  "a driver whose fault is '%s' fails that promise, and keeps those it does not touch",
  async (fault) => {
    const outcome = async (promise: RegExp) => {
      const cases = suite(fault).filter(({ name }) => promise.test(name.replace("naive: ", "")));
      return Promise.all(cases.map(({ run }) => run().catch(() => "broken")));
    };
    expect(await outcome(broken[fault])).toEqual(["broken"]);
    expect(await outcome(untouched)).toEqual(["held", "held"]);
  },
);

test("what a driver does not offer, or no device is there for, is skipped with a reason", async () => {
  const modest = defineDriver(volumeDriver, {
    name: "modest",
    options: z.object({}),
    setup: () => ({}),
    methods: {
      create() {},
      delete() {},
      extend() {},
      list: () => ({ volumes: [], snapshots: [], leftovers: [] }),
      connect: () => ({ kind: "file", path: "/dev/null" }) as const,
      disconnect() {},
    },
    stats: () => ({ totalBytes: 1, freeBytes: 1, provisionedBytes: 0 }),
  });
  const cases = volumeConformance({ name: "modest", make: () => ({ driver: modest({}) }) });
  const verdictOf = async (promise: RegExp) => {
    const skip = vi.fn();
    const verdict = await cases.find(({ name }) => promise.test(name))!.run({ skip });
    expect(skip.mock.calls).toEqual(verdict === "held" ? [] : [[verdict.skipped]]);
    return verdict;
  };
  expect(await verdictOf(/a new device is empty/)).toBe("held");
  expect(await verdictOf(/a clone reads as its source/)).toEqual({ skipped: "the driver does not offer clones" });
  expect(await verdictOf(/an export reads/)).toEqual({ skipped: "the driver does not offer images and snapshots" });
  expect(await verdictOf(/a fence holds after/)).toEqual({ skipped: "the driver does not fence" });
  expect(await verdictOf(/an import that does not fit/)).toEqual({ skipped: "no makeSmall was given" });
});
