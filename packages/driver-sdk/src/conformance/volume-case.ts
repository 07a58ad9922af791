import type { VolumeDriverPort } from "../volume/index.ts";
import type { VolumeRig } from "./volume-rig.ts";

export interface VolumeCase {
  /** What a driver promises; the end of the case's name. */
  readonly promise: string;
  readonly needs?: readonly (keyof VolumeDriverPort["abilities"])[];
  /** Holds of a driver that fences. */
  readonly needsFence?: boolean;
  /** Runs on a device that is filled. */
  readonly onSmallDevice?: boolean;
  /** Rejects when the promise is broken. */
  hold(rig: VolumeRig): Promise<void>;
}
