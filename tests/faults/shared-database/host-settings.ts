/** A rule that a process is made to break, so that a test sees whether the checker finds it. */
export type Broken = "fence" | "claim" | "key" | "outbox" | "timer" | "lane" | "end" | "lease" | "lease epoch";

/** What a process of an estate is started with. */
export interface HostSettings {
  readonly host: string;
  readonly servers: string;
  /** The URL of the database that all hosts share. */
  readonly database: string;
  /** Of disks, exports and logs. */
  readonly directory: string;
  /** One volume manager on a disk of its own, `ssd`. Default true. */
  readonly storage?: boolean;
  /** Default true. */
  readonly scheduler?: boolean;
  /** The cluster it belongs to, in which it has a second volume manager, `nas`, on a directory that its members share. */
  readonly cluster?: string;
  /** Managers that cast, take turns at tasks of the cluster, and do things under leases. Default false. */
  readonly errands?: boolean;
  /** How far its wall clock is off, in milliseconds. Default 0. */
  readonly wallSkewMs?: number;
  readonly broken?: Broken;
  readonly pool?: { readonly max?: number; readonly acquireTimeoutMs?: number };
  /** Milliseconds between two of its reports to the schedulers. Default 100. */
  readonly capabilityIntervalMs?: number;
}
