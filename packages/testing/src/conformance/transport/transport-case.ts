import type { TransportRig } from "./transport-rig.ts";

export interface TransportCase {
  /** What a transport promises; the end of the case's name. */
  readonly promise: string;
  /** Why it cannot be held against this transport; undefined where it can. */
  skipped?(rig: TransportRig): string | undefined;
  /** Rejects when the promise is broken. */
  hold(rig: TransportRig): Promise<void>;
}
