import type { LocalTarget } from "./call.ts";

/** Who can be called. */
export interface LocalTargets {
  /** Every live manager of a name and major version, those of this process first, in order of spawning. The array is always the same one, and changes as they come and go. */
  of(manager: string, major: number): readonly LocalTarget[];
}
