/** Those of which any may take a call. The arrays are always the same ones, and change as members come and go. */
export interface TargetGroup<T> {
  /** Of this process, in order of spawning, whether or not they serve. */
  readonly near: readonly T[];
  /** Of others, those that serve. In no order. */
  readonly serving: readonly T[];
  /** Of others, those that do not serve at the moment. In no order. */
  readonly waiting: readonly T[];
}

/** Every live manager of a name and major version, those of this process first. Always the same object: it changes as they come and go. */
export interface Targets<T> extends Iterable<T> {
  readonly everybody: TargetGroup<T>;
  /** The one that there is, where there is one only. */
  readonly only: T | undefined;
  readonly size: number;
  /** The pin of refs: undefined while there is nobody. */
  readonly lowestMinor: number | undefined;
  at(address: string): T | undefined;
  /** The members of a cluster; undefined while it has none. */
  inCluster(cluster: string): TargetGroup<T> | undefined;
}
