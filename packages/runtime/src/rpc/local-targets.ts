import type { LocalTarget } from "./call.ts";

/** Those of which any may take a call. The arrays are always the same ones, and change as members come and go. */
export interface TargetGroup {
  /** Of this process, in order of spawning, whether or not they serve. */
  readonly near: readonly LocalTarget[];
  /** Of others, those that serve. In no order. */
  readonly serving: readonly LocalTarget[];
  /** Of others, those that do not serve at the moment. In no order. */
  readonly waiting: readonly LocalTarget[];
}

/** Every live manager of a name and major version, those of this process first. Always the same object: it changes as they come and go. */
export interface Targets extends Iterable<LocalTarget> {
  readonly everybody: TargetGroup;
  /** The one that there is, where there is one only. */
  readonly only: LocalTarget | undefined;
  readonly size: number;
  /** The pin of refs: undefined while there is nobody. */
  readonly lowestMinor: number | undefined;
  at(address: string): LocalTarget | undefined;
  /** The members of a cluster; undefined while it has none. */
  inCluster(cluster: string): TargetGroup | undefined;
}

/** Who can be called. */
export interface LocalTargets {
  /** The live managers of a name and major version. */
  of(manager: string, major: number): Targets;
}
