import type { Side } from "./cast-yard.ts";

/** A message is about to leave a side; or a caller was told that its order is kept. */
export type CastMark = { readonly sent: Side } | { readonly acknowledged: string };
