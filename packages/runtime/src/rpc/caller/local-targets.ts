import type { LocalTarget } from "./routed-call.ts";
import type { Targets } from "./targets.ts";

/** Who can be called. */
export interface LocalTargets {
  /** The live managers of a name and major version. */
  of(manager: string, major: number): Targets<LocalTarget>;
}
