import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type MakeBackend, volumeConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, describe, test, vi } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import type { Allocation } from "./options.ts";
import { type Mounted, mountImage, mountTmpfs, scratchDirectory, whyNot } from "./scratch.fixture.ts";

// Reserving storage starts a process for each image: on a busy machine a case has been seen to take half a minute.
vi.setConfig({ testTimeout: 120_000 });
/** Shared or not with each allocation and on each file system; otherwise each of these ways with one of the others. */
const long = process.env.REEVE_LONG === "1";
const either = [false, true];
const mebibyte = 2 ** 20;
const sizeGiB = 1 / 128;

const noTmpfs = await whyNot(() => mountTmpfs(mebibyte));
if (noTmpfs) console.log(`file-volumes: the cases of a full device are skipped: ${noTmpfs}`);

function onSmallDevice(allocation: Allocation, shared = false): MakeBackend | string {
  if (noTmpfs) return `no small file system here: ${noTmpfs}`;
  return async () => {
    const { root, unmount } = await mountTmpfs(12 * mebibyte);
    return { driver: fileVolumes({ root, allocation, shared }), dispose: unmount };
  };
}

interface Way {
  readonly allocation?: Allocation;
  readonly shared?: boolean;
}

/** A directory of its own for each case. */
function inside(parent: () => string, { allocation = "sparse", shared = false }: Way = {}): MakeBackend {
  return async () => {
    const root = await mkdtemp(join(parent(), "root-"));
    return {
      driver: fileVolumes({ root, allocation, shared }),
      dispose: () => rm(root, { recursive: true, force: true }),
    };
  };
}

const scratch = await scratchDirectory();
afterAll(() => rm(scratch, { recursive: true, force: true }));

for (const shared of long ? either : [false]) {
  const name = shared ? "shared" : "sparse";
  const backend = { make: inside(() => scratch, { shared }), makeSmall: onSmallDevice("sparse", shared), sizeGiB };
  for (const { name: promise, run } of volumeConformance({ name, ...backend })) test.concurrent(promise, run);
}

const cannotReserve = process.platform === "linux" ? undefined : "fallocate is Linux's";
describe.skipIf(cannotReserve).each(long ? either : [true])("with reserved storage, shared: %s", (shared) => {
  const full = {
    name: shared ? "full, shared" : "full",
    make: inside(() => scratch, { allocation: "full", shared }),
    makeSmall: onSmallDevice("full", shared),
    sizeGiB: 1 / 1024,
  };
  for (const { name, run } of volumeConformance(full)) test.concurrent(name, run);
});

for (const [type, isShared] of [
  ["xfs", false],
  ["btrfs", true],
] as const) {
  const mounting = () => mountImage(type, 512 * mebibyte);
  const missing = await whyNot(mounting);
  if (missing) console.log(`file-volumes: conformance on ${type} with reflinks is skipped: ${missing}`);
  describe.skipIf(missing)(`on ${type}, with reflinks`, () => {
    let mounted: Promise<Mounted> | undefined;
    let root = "";
    const make = (shared: boolean) => async () => {
      mounted ??= mounting();
      root = (await mounted).root;
      return inside(() => root, { shared })();
    };
    afterAll(async () => (await mounted)?.unmount());
    for (const shared of long ? either : [isShared]) {
      const name = shared ? `${type}, shared` : type;
      for (const { name: promise, run } of volumeConformance({ name, make: make(shared), sizeGiB }))
        test.concurrent(promise, run);
    }
  });
}
