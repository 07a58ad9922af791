import type { NetworkDriverPort } from "../../network/index.ts";
import type { NetworkRig } from "./network-rig.ts";

export interface NetworkCase {
  /** What a driver promises; the end of the case's name. */
  readonly promise: string;
  readonly needs?: readonly (keyof NetworkDriverPort["abilities"])[];
  /** Hands that must not be missing. */
  readonly hands?: readonly ("shared" | "strangePoint" | "unreachable" | "fill")[];
  /** Rejects when the promise is broken. */
  hold(rig: NetworkRig): Promise<void>;
}
