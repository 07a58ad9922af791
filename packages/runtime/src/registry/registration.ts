import type { TransactionHook } from "../store/index.ts";

/** Which manager instance is meant: the contract's name and its address. */
export interface Incumbent {
  readonly manager: string;
  readonly address: string;
}

export interface RegisterOptions extends Incumbent {
  /** The contract's version, for people and pins. */
  readonly version: string;
  /** The cluster the address belongs to, if any. */
  readonly cluster?: string | undefined;
  /** Allows the address to change, join again or leave its cluster. Default false: refused. */
  readonly moveCluster?: boolean;
  /**
   * Registers only where no later incarnation than that of this epoch has registered: one that may not take the address from
   * another. One that a peer has fenced is followed. Default: whoever is there is superseded.
   */
  readonly after?: number | undefined;
}

/** One incarnation's place in the registry. */
export interface Registration extends Incumbent {
  /** Identifies the record; the same over restarts. */
  readonly serviceId: string;
  /** Identifies this incarnation among all that ever were, of whatever store: letters, digits, `-` and `_`. Compared for equality only. */
  readonly incarnation: string;
  /** Identifies the database that the epoch was counted in: epochs of different stores are not compared. */
  readonly store: string;
  /** Higher than that of every incarnation before that registered in the same store. */
  readonly epoch: number;
  /** Whether this registration put the address into its cluster (Cinder's `added_to_cluster`). */
  readonly addedToCluster: boolean;
  /** Refuses the write transactions of this incarnation once there is a newer one. */
  readonly fence: TransactionHook;
}

/** What a fence row says. */
export interface FenceState {
  readonly epoch: number;
  /** The address of the peer that raised it, to finish the work of who lived there; null where who lives there did. */
  readonly raisedBy: string | null;
}

/** A member of a cluster, as the database knows it. */
export interface ClusterRecord extends FenceState {
  readonly address: string;
  /** Whether other members may finish its work. */
  readonly shared: boolean;
}

/** What the registry remembers of an address. */
export interface ServiceRecord extends Incumbent {
  readonly serviceId: string;
  readonly version: string;
  readonly cluster: string | null;
  readonly epoch: number;
}
