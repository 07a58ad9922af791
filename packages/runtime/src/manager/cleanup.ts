import { readAddress } from "../config/index.ts";
import { actorsLeft, castsOf, leaseName } from "./cluster-takeover.ts";
import type { IncarnationResources, ResourceSources } from "./incarnation-resources.ts";
import type { OtherProcesses } from "./other-processes.ts";
import type { ManagerSpec } from "./spawn-options.ts";

/** Rows that one report tells of. */
const mostRows = 1_000;

/** What became of one row that a dead address had left. */
export interface CleanedRow {
  readonly id: string;
  readonly kind: string;
  readonly resource: string;
  /** `finished`; `failed`: it is this host's by now, and tried again; `left`: only that address can finish it. */
  readonly outcome: "finished" | "failed" | "left";
  /** Why it is not finished. */
  readonly why: string | null;
}

export interface CleanupReport {
  /** Of the fence: what lived there writes nothing any more. */
  readonly epoch: number;
  readonly rows: readonly CleanedRow[];
  /** Durable casts that this host delivers from now on. */
  readonly casts: number;
}

/** `unknown`: nobody has ever registered there. `alive`: it may live; why is told. `unable`: not here. */
export interface CleanupRefusal {
  readonly refused: "unknown" | "alive" | "unable";
  readonly why: string;
}

interface CleanupOptions {
  readonly spec: ManagerSpec;
  readonly sources: ResourceSources;
  readonly resources: IncarnationResources;
  readonly otherProcesses: OtherProcesses | undefined;
}

/**
 * Finishes what can be finished of a dead address of the same manager without its backend. Its epoch is raised first, unless it is
 * heard of or renews its lease; with that its idempotency keys are no longer taken for running.
 */
export async function cleanUp(options: CleanupOptions, address: string): Promise<CleanupReport | CleanupRefusal> {
  const { spec, sources, resources } = options;
  const { registration, journal, outbox, kept, driver } = resources;
  const { manager } = registration;
  const { registry } = sources;
  if (!journal) return { refused: "unable", why: `${manager} has no store: it leaves nothing behind` };
  const record = await registry.find({ manager, address });
  if (!record) return { refused: "unknown", why: `no ${manager} has ever registered at ${address} in this database` };
  const life = await signOfLife(options, address);
  if (life !== undefined) return { refused: "alive", why: life };
  const fence = record.raisedBy
    ? record
    : await registry.fencePeer({ manager, address }, record.epoch, registration.address);
  if (fence.raisedBy === null) return { refused: "alive", why: "it has registered again just now" };
  const { epoch } = fence;
  const before = await journal.leftAt(address, epoch, mostRows);
  const sharesBackend = record.shared && record.cluster === (spec.cluster ?? null) && (driver?.fences ?? true);
  if (sharesBackend) await driver?.fence({ address, epoch });
  await journal.takeOver(address, epoch, { only: sharesBackend ? undefined : spec.definition.rowsOnlyJobs });
  // What they invoke is done with the backend.
  if (sharesBackend && kept) await actorsLeft(kept, registry, manager).takeOver(address, epoch);
  const report = outbox && (await castsOf(outbox, registry, manager).takeOver(address, epoch));
  const { casts = 0 } = (report ?? {}) as { readonly casts?: number };
  const fates = new Map((await journal.fates(before.map(({ id }) => id))).map((fate) => [fate.id, fate]));
  const rows = before.map((row): CleanedRow => {
    const fate = fates.get(row.id);
    if (!fate) return { ...row, outcome: "finished", why: null };
    if (fate.holderAddress !== address)
      return { ...row, outcome: "failed", why: fate.lastError ?? `${fate.holderAddress} is at it` };
    const why = spec.definition.jobs.includes(row.kind)
      ? `its recovery needs the backend of ${address}; start that host, or delete the resource by hand`
      : "no manager here knows this kind of work";
    return { ...row, outcome: "left", why };
  });
  return { epoch, rows, casts };
}

/** Why an address may not be dead; undefined where it is. */
async function signOfLife(
  { sources, resources, otherProcesses }: CleanupOptions,
  address: string,
): Promise<string | undefined> {
  const { manager, address: own } = resources.registration;
  if (address === own) return "it is the manager that was asked";
  const { host } = readAddress("address", address);
  const heard = await heardOf(
    otherProcesses,
    host,
    (member) => member.manager === manager && member.address === address,
  );
  if (heard !== undefined) return heard;
  const name = leaseName(manager, address);
  const { leases } = await sources.leases.states([name]);
  if (leases.get(name)?.state === "held") return "it renews its lease in the database";
  return undefined;
}

/** What other processes tell of a host's members that says that they may live; undefined where nobody hears of them. */
export async function heardOf(
  otherProcesses: OtherProcesses | undefined,
  host: string,
  isMeant: (member: { readonly manager: string; readonly address: string }) => boolean,
): Promise<string | undefined> {
  if (!otherProcesses) return undefined;
  const { peers } = otherProcesses;
  if (!(await peers.askHost(host))) return "the broker does not answer here, so nobody knows whether it lives";
  for (const member of peers.all()) if (isMeant(member)) return `it is heard of: ${member.state}`;
  return undefined;
}
