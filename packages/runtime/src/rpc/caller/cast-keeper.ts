import type { DurableCastOptions } from "@reeve/contract";
import type { Served } from "../callee/served.ts";
import type { Binding } from "./routed-call.ts";

/** Keeps durable casts until they have been carried out. */
export interface CastKeeper {
  /** Resolves when the cast is in the store, or in the given transaction. @throws ReeveError naming what is malformed, or the store's */
  keep(binding: Binding, served: Served, input: unknown, options: DurableCastOptions): Promise<void>;
}

/** What a ref is bound to, and where the durable casts through it are kept. */
export interface KeptBinding extends Binding {
  /** Default: where those of the process are. */
  readonly casts?: CastKeeper | undefined;
}
