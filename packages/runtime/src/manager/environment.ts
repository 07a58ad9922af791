import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import type { LifeSources } from "./incarnation.ts";

/** What one host shares with its managers. Whoever runs one takes it whole; each part of a life declares what it needs of it. */
export interface Environment extends LifeSources {
  /** The name of the cluster that the host is in. */
  readonly cluster: string | undefined;
  /** Who can be called in this process. */
  readonly directory: { add(target: LocalTarget): void; remove(target: LocalTarget): void };
}
