import type { Counters } from "../telemetry/index.ts";

/** Why a message, or a part of it, is not believed. */
export type Ignored =
  /** Of a type that this version does not know. */
  | "unknown"
  | "malformed"
  /** There is no room for more of its kind. */
  | "crowded"
  /** It speaks for a sender that belongs to another caller token. */
  | "foreign"
  /** It claims what another caller token has announced first. */
  | "claimed"
  /** Its sender has no name of its own. */
  | "anonymous"
  /** A question whose answer would go where the asker does not hear. */
  | "reply"
  /** Old news. Counted only. */
  | "stale";

/** Different complaints that are logged; what comes after is counted only: `counts` of the `host` contract shows it. */
const mostTold = 256;

export interface ComplaintsOptions {
  /** What the messages are about; the counter is `<topic>.ignored`. */
  readonly topic: string;
  readonly log: { warn(fields: object, message: string): void };
  /** Default: nobody counts. */
  readonly counters?: Counters | undefined;
}

/** Counts all that is ignored, and logs the first of each kind and sender: one that sends in a loop must not fill the log. */
export class Complaints {
  readonly #options: ComplaintsOptions;
  readonly #told = new Set<string>();

  constructor(options: ComplaintsOptions) {
    this.#options = options;
  }

  /** @param caller the token that it came under */
  ignored(
    kind: Ignored,
    caller: string,
    more: { readonly err?: unknown; readonly what?: string | undefined } = {},
  ): void {
    const { topic, log, counters } = this.#options;
    counters?.counter(`${topic}.ignored`, { kind }).add();
    const key = `${kind} ${caller}`;
    if (kind === "stale" || this.#told.has(key) || this.#told.size >= mostTold) return;
    this.#told.add(key);
    log.warn(
      { kind, caller, ...more },
      `a message about ${topic} was ignored; further ones of this kind are counted, not logged`,
    );
  }
}
