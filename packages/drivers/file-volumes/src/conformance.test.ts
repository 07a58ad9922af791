import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type MakeBackend, volumeConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, describe, test, vi } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import type { Allocation } from "./options.ts";
import { type Mounted, mountImage, mountTmpfs, scratchDirectory, whyNot } from "./scratch.fixture.ts";

// Reserving storage starts a process for each image: on a busy machine a case has been seen to take half a minute.
vi.setConfig({ testTimeout: 120_000 });
const mebibyte = 2 ** 20;
const sizeGiB = 1 / 128;

const noTmpfs = await whyNot(() => mountTmpfs(mebibyte));
if (noTmpfs) console.log(`file-volumes: the cases of a full device are skipped: ${noTmpfs}`);

function onSmallDevice(allocation: Allocation): MakeBackend | string {
  if (noTmpfs) return `no small file system here: ${noTmpfs}`;
  return async () => {
    const { root, unmount } = await mountTmpfs(12 * mebibyte);
    return { driver: fileVolumes({ root, allocation }), dispose: unmount };
  };
}

/** A directory of its own for each case. */
function inside(parent: () => string, allocation: Allocation = "sparse"): MakeBackend {
  return async () => {
    const root = await mkdtemp(join(parent(), "root-"));
    return {
      driver: fileVolumes({ root, allocation }),
      dispose: () => rm(root, { recursive: true, force: true }),
    };
  };
}

const scratch = await scratchDirectory();
afterAll(() => rm(scratch, { recursive: true, force: true }));

const sparse = { name: "sparse", make: inside(() => scratch), makeSmall: onSmallDevice("sparse"), sizeGiB };
for (const { name, run } of volumeConformance(sparse)) test.concurrent(name, run);

const cannotReserve = process.platform === "linux" ? undefined : "fallocate is Linux's";
describe.skipIf(cannotReserve)("with reserved storage", () => {
  const full = {
    name: "full",
    make: inside(() => scratch, "full"),
    makeSmall: onSmallDevice("full"),
    sizeGiB: 1 / 1024,
  };
  for (const { name, run } of volumeConformance(full)) test.concurrent(name, run);
});

for (const type of ["xfs", "btrfs"] as const) {
  const mounting = () => mountImage(type, 512 * mebibyte);
  const missing = await whyNot(mounting);
  if (missing) console.log(`file-volumes: conformance on ${type} with reflinks is skipped: ${missing}`);
  describe.skipIf(missing)(`on ${type}, with reflinks`, () => {
    let mounted: Promise<Mounted> | undefined;
    let root = "";
    const make: MakeBackend = async () => {
      mounted ??= mounting();
      root = (await mounted).root;
      return inside(() => root)();
    };
    afterAll(async () => (await mounted)?.unmount());
    for (const { name, run } of volumeConformance({ name: type, make, sizeGiB })) test.concurrent(name, run);
  });
}
