import type { CastInfo, CastState } from "./schemas.ts";

/** Which casts are meant; what is left out restricts nothing. */
export interface CastFilter {
  readonly state?: CastState | undefined;
  /** The name of the contract that is called. */
  readonly manager?: string | undefined;
  readonly operation?: string | undefined;
}

/** The cast as it is now, or the state in which nothing was done to it; undefined where there is none. */
export type CastChange = { readonly cast: CastInfo } | { readonly refused: CastState | undefined };

/** The durable casts that the incarnations of this host hold, as an operator sees them. */
export interface CastsPort {
  /** Those with ids above `after`, in the order of their ids, `limit` at most. */
  listCasts(
    filter: CastFilter,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<readonly CastInfo[]>;
  /**
   * Delivers a dead one again, now, and under a new key where its callee has said for certain what became of it: under the old
   * one it would only repeat that. Resolves when that is committed. Refused for any other state.
   */
  replay(id: string): Promise<CastChange>;
  /** Forgets one that is `waiting` or `dead`. Resolves with what it was when that is committed. Refused for any other state. */
  drop(id: string): Promise<CastChange>;
}
