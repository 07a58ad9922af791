import type { StoreRig } from "./store-rig.ts";

export interface StoreCase {
  /** What a database adapter promises; the end of the case's name. */
  readonly promise: string;
  /** Needs a database that is there when it is opened again. */
  readonly lasting?: boolean;
  /** Rejects when the promise is broken. */
  hold(rig: StoreRig): Promise<void>;
}
