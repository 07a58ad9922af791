import type { ManagerDefinition, SpawnOptions, Supervisor } from "@reeve/runtime";

/** A manager to run: alone where it needs nothing, or with what `spawn` takes. */
export type ClusterMember =
  | ManagerDefinition<any, any, any>
  | readonly [ManagerDefinition<any, any, any>, SpawnOptions];

/** @throws ReeveError as `Supervisor.spawn` does */
export function spawnMembers(supervisor: Supervisor, members: readonly ClusterMember[]): void {
  for (const member of members) {
    const [definition, options] = Array.isArray(member)
      ? (member as [ManagerDefinition, SpawnOptions])
      : [member as ManagerDefinition, {}];
    supervisor.spawn(definition, options);
  }
}
