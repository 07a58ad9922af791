import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Account, type Belief, unrun } from "./account.ts";
import type { Seen } from "./witness.ts";

/** What is wrong, by the promise that it breaks. */
export interface Verdict {
  /** Acknowledged, and not so. */
  readonly lost: readonly string[];
  /** Made though its caller was told that it had not run. */
  readonly disowned: readonly string[];
  /** Keys of which more than one thing was made. */
  readonly twice: readonly string[];
  /** Rows that are on their way and that nobody brings to an end. */
  readonly stuck: readonly string[];
  /** Durable casts that were abandoned. */
  readonly dead: readonly string[];
  /** Files that no row accounts for, and rows whose file is missing. */
  readonly orphans: readonly string[];
  /** Work that was claimed from a holder that lived. */
  readonly stolen: readonly string[];
  /** Work that was written by an incarnation that might not. */
  readonly stale: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

/** The tables and the disks, as somebody outside reads them. */
export interface Evidence {
  readonly volumes: readonly Row[];
  readonly snapshots: readonly Row[];
  readonly jobs: readonly Row[];
  /** What a host may have made of volumes that were built elsewhere meanwhile. */
  readonly leftovers: readonly Row[];
  readonly casts: readonly Row[];
  readonly seen: Seen;
  /** What lies at each backend, by its address. */
  readonly images: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly exports: ReadonlyMap<string, number>;
}

const settled = new Set(["available", "error"]);

/** What has not come to an end: right after a fault that is as it should be. */
export function unsettled({
  volumes,
  snapshots,
  jobs,
  leftovers,
  casts,
}: Omit<Evidence, "images" | "exports" | "seen">) {
  return [
    ...[...volumes, ...snapshots]
      .filter(({ status }) => !settled.has(String(status)))
      .map(({ id, name, status }) => `${name} (${id}) is ${status}`),
    ...leftovers.map(({ id, host }) => `what ${host} may have made of ${id} is not removed`),
    ...jobs.map(({ id, kind, lastError }) => `work ${id}, ${kind}, is left: ${lastError}`),
    ...casts
      .filter(({ state }) => state !== "dead")
      .map(({ id, operation, state }) => `cast ${id} of ${operation} is ${state}`),
  ];
}

/** Compares what a caller was told with what is there. */
export function judge(account: Account, evidence: Evidence): Verdict {
  const { volumes, snapshots, casts, seen, images, exports } = evidence;
  const available = (rows: readonly Row[], id: string) =>
    rows.find((row) => row.id === id && row.status === "available");
  const lost = account.beliefs.flatMap((belief): string[] => {
    const name = `${belief.kind} ${belief.id}`;
    if (belief.kind === "export") {
      if (belief.exists === "yes" && !exports.has(belief.id)) return [`${name} was acknowledged and is not there`];
      return [];
    }
    const rows = belief.kind === "volume" ? volumes : snapshots;
    const row = available(rows, belief.id);
    const any = rows.some(({ id }) => id === belief.id);
    if (belief.exists === "yes" && !row) return [`${name} was acknowledged and is not available`];
    if (belief.exists === "no" && any) return [`${name} was deleted and is there`];
    if (!row || belief.kind === "snapshot") return [];
    return [...differences(belief, row)].map((difference) => `${name} ${difference}`);
  });
  return {
    lost,
    disowned: [...disowned(account, evidence)],
    twice: [...seen.twice, ...twiceBy(volumes), ...twiceBy(snapshots)],
    stuck: unsettled(evidence),
    dead: casts
      .filter(({ state }) => state === "dead")
      .map(({ id, operation, reason, lastError }) => `cast ${id} of ${operation}: ${reason}, ${lastError}`),
    orphans: [...orphans(volumes, snapshots, images)],
    stolen: seen.stolen,
    stale: seen.stale,
  };
}

/** What is made is called as the key of its call. */
function* disowned({ entries, askedAgain }: Account, { seen, exports }: Evidence): Generator<string> {
  for (const [key, calls] of Map.groupBy(entries, (call) => call.key)) {
    const isMade = seen.made.has(key) || exports.has(`${key}.img`);
    if (!isMade || askedAgain.has(key) || !calls.every(({ ending }) => unrun.has(ending))) continue;
    yield `${key} was made: ${calls.map(({ reason }) => reason).join(", ")}`;
  }
}

function* differences({ sizesGiB, connected }: Belief, row: Row): Generator<string> {
  const size = Number(row.sizeGiB);
  if (sizesGiB.length > 0 && !sizesGiB.includes(size)) yield `has ${size} GiB, which nobody was told`;
  if (connected !== "unknown" && Boolean(row.connected) !== (connected === "yes")) yield "is connected otherwise";
}

function twiceBy(rows: readonly Row[]): string[] {
  const names = rows.map(({ name }) => String(name));
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function* orphans(volumes: readonly Row[], snapshots: readonly Row[], images: Evidence["images"]): Generator<string> {
  const hostOf = new Map(volumes.map((row) => [row.id, row.host]));
  const accounted = (address: string, name: string): boolean => {
    const [id = "", ...rest] = name.split(".");
    const kind = rest.at(-1);
    if (kind === "volume") return hostOf.get(id) === address;
    if (kind !== "snapshot") return false;
    return snapshots.some((row) => name.includes(String(row.id)) && hostOf.get(row.volumeId) === address);
  };
  for (const [address, files] of images)
    for (const name of files.keys()) if (!accounted(address, name)) yield `${name} at ${address} is nobody's`;
  for (const { id, host, status, sizeGiB } of volumes) {
    if (status !== "available") continue;
    const bytes = images.get(String(host))?.get(`${id}.volume`);
    if (bytes === undefined) yield `volume ${id} at ${host} has no image`;
    else if (bytes !== Number(sizeGiB) * 2 ** 30) yield `the image of volume ${id} has ${bytes} bytes`;
  }
}

/** What lies in a folder, beside what the driver keeps there for itself. */
export function filesIn(path: string): ReadonlyMap<string, number> {
  let names: readonly string[];
  try {
    names = readdirSync(path);
  } catch {
    return new Map();
  }
  const shown = names.filter((name) => !name.startsWith(".reeve"));
  return new Map(shown.map((name) => [name, statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0]));
}
