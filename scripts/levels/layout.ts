/**
 * The packages by level, and the folders of `runtime/src` by theirs. Imports point to strictly lower levels; a package or folder
 * that is not here is an error, so that a new one gets its level by decision.
 */
export const packageLevels: Readonly<Record<string, number>> = {
  "packages/contract": 0,
  "packages/driver-sdk": 1,
  "packages/runtime": 2,
  "packages/drivers/cisco-net": 3,
  "packages/drivers/file-volumes": 3,
  "packages/drivers/linux-net": 3,
  "packages/managers": 3,
  "packages/nats": 3,
  "packages/postgres": 3,
  "packages/testing": 4,
  "packages/inspector": 5,
  "packages/cli": 6,
  "examples/telling": 6,
};

/** Suites, benches and examples use every package; nothing imports them, but for what examples share. */
export const topLevel = 7;

export const runtimePackage = "packages/runtime";

export const runtimeLevels: Readonly<Record<string, number>> = {
  base: 0,
  config: 1,
  telemetry: 1,
  gossip: 2,
  mailbox: 2,
  store: 2,
  transport: 2,
  workers: 2,
  inspection: 3,
  leases: 3,
  rpc: 3,
  "service-protocol": 3,
  lifecycle: 4,
  registry: 4,
  actors: 5,
  capability: 5,
  casts: 5,
  driver: 5,
  periodic: 5,
  recovery: 5,
  takeover: 5,
  manager: 6,
  supervisor: 7,
};

/** Files beside the folders are the package's entry points: they see every folder, and no folder sees them. */
export const entryLevel = 8;

/** The one folder that may import the actor library; what is above the packages may too. */
export const xstateFolder = "packages/runtime/src/lifecycle/";

/** Files that are not published, and so may use development dependencies. */
export const unpublished = /\.(test|test-d|bench|fixture|test-kit|test-program)\.[cm]?tsx?$/;

/** Packages that the build takes in whole, types and all: a user installs none of them, so they are development dependencies. */
export const inlinedPackages: ReadonlySet<string> = new Set(["msgpackr"]);
