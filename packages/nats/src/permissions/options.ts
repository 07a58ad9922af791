import type { AnyContract } from "@reeve/contract";

/** A contract that processes serve, and where. */
export interface ServedOptions {
  readonly contract: AnyContract;
  /** The backends that it is spawned with, as of `block-01@ssd`. Default: none, so that the address is the process's name. */
  readonly backends?: readonly string[] | undefined;
}

/** A contract that processes call, and what of it. */
export interface CalledOptions {
  readonly contract: AnyContract;
  /**
   * Default: all of them, but for a process that may not act for others: that has no role, so that it is given those that
   * ask for none.
   */
  readonly operations?: readonly string[] | undefined;
}

/** Processes that do the same. */
export interface ProcessOptions {
  /**
   * Their names: each is the `caller` of its transport and the user that logs in at the broker. Of a supervisor, its `host`.
   * Letters, digits, `-` and `_`.
   */
  readonly caller: string | readonly string[];
  /** The managers that their supervisors run, besides `host`. `[]` is a supervisor without any. Default: they have no supervisor. */
  readonly serves?: readonly (AnyContract | ServedOptions)[] | undefined;
  /** The `cluster` of their supervisors. Default: none. */
  readonly cluster?: string | undefined;
  /** What they call elsewhere, handlers' calls included. Default: nothing. */
  readonly calls?: readonly (AnyContract | CalledOptions)[] | undefined;
  /**
   * Whether they call on behalf of others, and so are `trustedForwarders` of every host. Default: supervisors do, because
   * a handler that calls on does so for its own caller; others do not.
   */
  readonly forwards?: boolean | undefined;
  /** Whether a scheduler runs there. Default `false`. */
  readonly schedules?: boolean | undefined;
  /** Whether an inspector's page is served there, which calls the `host` contract of every host. Default `false`. */
  readonly inspects?: boolean | undefined;
  /** Whether they list services, as `nats micro ls` does. Default `false`. */
  readonly lists?: boolean | undefined;
}

export interface PermissionsOptions {
  /** As the supervisors and callers have it. Default `reeve`. */
  readonly namespace?: string | undefined;
  readonly processes: readonly ProcessOptions[];
}
