import type { LocalTarget } from "./local-target.ts";
import type { Origin } from "./origin.ts";

/** What a ref is bound to: who calls, and whom. */
export interface Binding {
  readonly origin: Origin;
  /** The live managers of the contract in this process. The array changes as they come and go. */
  readonly targets: readonly LocalTarget[];
  /** Where `.at()` points: an address, or a cluster. */
  readonly address: string | undefined;
}
