import type { NetworkDriverPort } from "../../network/index.ts";
import type { NetworkRig } from "./network-rig.ts";

export type NetworkAbility = keyof NetworkDriverPort["abilities"];

/** Hands that can be a reason instead. */
export type OptionalHand = "shared" | "strangePoint" | "unreachable" | "fill";

export interface NetworkCase {
  /** What a driver promises; the end of the case's name. */
  readonly promise: string;
  readonly needs?: readonly NetworkAbility[];
  /** Hands that must not be missing. */
  readonly hands?: readonly OptionalHand[];
  /** Rejects when the promise is broken. */
  hold(rig: NetworkRig): Promise<void>;
}
