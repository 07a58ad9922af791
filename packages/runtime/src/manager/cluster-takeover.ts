import type { ReeveError } from "@reeve/contract";
import { type MemberLeases, Takeover } from "../takeover/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { IncarnationResources, ResourceSources } from "./incarnation-resources.ts";
import type { OtherProcesses } from "./other-processes.ts";
import type { ManagerSpec } from "./spawn-options.ts";

interface ClusterTakeoverOptions {
  readonly spec: ManagerSpec;
  readonly sources: ResourceSources;
  readonly resources: IncarnationResources;
  /** Absent where no other process can be reached. */
  readonly otherProcesses: OtherProcesses | undefined;
  readonly leases: MemberLeases;
  readonly log: Logger;
  paused(): boolean;
  onFenced(error: ReeveError): void;
}

/**
 * Watches the other members of a manager's cluster, and finishes what dead ones leave; says in the database whether they may do
 * the same for this one. Undefined where it is in no cluster, has no tables, is alone, or its driver lets a dead member's calls
 * through: those would take effect beside what others do.
 */
export async function joinTakeover(options: ClusterTakeoverOptions): Promise<Takeover | undefined> {
  const { spec, sources, resources, otherProcesses, leases, log, paused, onFenced } = options;
  const { cluster } = spec;
  const { registration, journal, driver } = resources;
  if (cluster === undefined || !journal) return undefined;
  const { registry, clock, random } = sources;
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
  return new Takeover({
    ...{ registration, cluster, registry, peers, link, leases, clock, random, log, paused, onFenced },
    fenceDevice: driver && ((fenced) => driver.fence(fenced)),
    left: [journal],
  });
}

/** Where members hold no leases, only the broker tells of them. */
export const noLeases: MemberLeases = { statesOf: async () => new Map() };
