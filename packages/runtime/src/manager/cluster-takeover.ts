import { AsyncLocalStorage } from "node:async_hooks";
import type { ReeveError } from "@reeve/contract";
import type { IncarnationCasts } from "../casts/index.ts";
import type { Leases } from "../leases/index.ts";
import type { Registration, Registry } from "../registry/index.ts";
import { type LeftWork, type MemberLeases, Takeover } from "../takeover/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { IncarnationResources, ResourceSources } from "./incarnation-resources.ts";
import type { OtherProcesses } from "./other-processes.ts";
import type { ManagerSpec } from "./spawn-options.ts";

interface ClusterMemberOptions {
  readonly spec: ManagerSpec;
  readonly sources: ResourceSources;
  readonly resources: IncarnationResources;
  /** Absent where no other process can be reached. */
  readonly otherProcesses: OtherProcesses | undefined;
  readonly log: Logger;
  paused(): boolean;
  onFenced(error: ReeveError): void;
}

/** One incarnation as a member of a cluster whose members finish each other's work. */
export interface ClusterMember {
  /** Looks at the others from here on, and finishes what dead ones leave. */
  watch(): Takeover;
}

/**
 * Says in the database whether the other members of its cluster may finish the work of an incarnation. Undefined where they may not:
 * it is in no cluster, has no tables, is alone, or its driver lets a dead member's calls through, which would take effect beside
 * what others do.
 */
export async function joinCluster(options: ClusterMemberOptions): Promise<ClusterMember | undefined> {
  const { spec, sources, resources, otherProcesses, log } = options;
  const { cluster } = spec;
  const { registration, journal, driver, outbox, kept } = resources;
  if (cluster === undefined || !journal) return undefined;
  const { registry, clock, random, leases } = sources;
  const fences = driver?.fences ?? true;
  if (!fences) {
    log.warn(
      { cluster, driver: spec.lastGood.driver!.name },
      "the driver does not fence: no member of the cluster finishes the work of another",
    );
  }
  const shared = fences && otherProcesses !== undefined;
  await registry.share(registration, shared);
  if (!shared) return undefined;
  const { peers, link } = otherProcesses;
  const { paused, onFenced } = options;
  return {
    watch: () =>
      new Takeover({
        ...{ registration, cluster, registry, peers, link, clock, random, log, paused, onFenced },
        leases: memberLeases(leases, registration.manager),
        fenceDevice: driver && ((fenced) => driver.fence(fenced)),
        left: [
          journal,
          ...(outbox ? [castsOf(outbox, registry, registration.manager)] : []),
          ...(kept ? [actorsLeft(kept, registry, registration.manager)] : []),
        ],
      }),
  };
}

interface MemberLeaseOptions extends Pick<ClusterMemberOptions, "spec" | "otherProcesses" | "onFenced"> {
  readonly leases: Leases;
  readonly registration: Registration;
  /** Aborts when the incarnation ends. */
  readonly ending: AbortSignal;
}

/**
 * Holds the member lease of an incarnation until it ends, where others may finish its work. From its registration on: until it is
 * announced, which a slow start puts off, nothing else says that it lives.
 */
export function holdMemberLease(options: MemberLeaseOptions): void {
  const { spec, otherProcesses } = options;
  if (spec.cluster !== undefined && spec.definition.store && otherProcesses) holdLease(options);
}

/** One that was lost for want of the database is taken again when that is back, unless its incarnation has been fenced meanwhile. */
function holdLease(options: MemberLeaseOptions): void {
  const { leases, registration, ending, onFenced } = options;
  const name = leaseName(registration.manager, registration.address);
  if (ending.aborted) return;
  // A life may end within a transaction that finds it fenced.
  const outside = AsyncLocalStorage.snapshot();
  const lease = leases.request({ name, holder: { ...registration, onFenced }, signal: ending, resumes: true });
  lease.granted.then(
    (held) => {
      const end = () => outside(() => void held.release());
      const again = () => {
        ending.removeEventListener("abort", end);
        outside(() => holdLease(options));
      };
      if (ending.aborted) return end();
      ending.addEventListener("abort", end, { once: true });
      if (held.signal.aborted) again();
      else held.signal.addEventListener("abort", again, { once: true });
    },
    // It ends, or was told that it is fenced.
    () => {},
  );
}

export function castsOf(outbox: IncarnationCasts["outbox"], registry: Registry, manager: string): LeftWork {
  return {
    hasLeft: (address) => outbox.hasLeft(address),
    takeOver: async (address, before) => {
      const casts = await outbox.takeOver(address, (session) =>
        registry.staysFenced(session, { manager, address }, before),
      );
      return { casts };
    },
  };
}

export function actorsLeft(
  kept: NonNullable<IncarnationResources["kept"]>,
  registry: Registry,
  manager: string,
): LeftWork {
  return {
    hasLeft: (address) => kept.hasLeft(address),
    takeOver: async (address, before) => {
      const actors = await kept.takeOver(address, (session) =>
        registry.staysFenced(session, { manager, address }, before),
      );
      return { actors };
    },
  };
}

function memberLeases(leases: Leases, manager: string): MemberLeases {
  return {
    statesOf: async (addresses) => {
      const named = new Map(addresses.map((address) => [leaseName(manager, address), address]));
      const { databaseNow, leases: states } = await leases.states([...named.keys()]);
      return { databaseNow, leases: new Map([...states].map(([name, state]) => [named.get(name)!, state])) };
    },
    onNotRenewed: (listener) => leases.onNotRenewed(listener),
  };
}

export function leaseName(manager: string, address: string): string {
  return `member:${manager}/${address}`;
}
