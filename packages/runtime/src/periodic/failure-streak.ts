import { ReeveError } from "@reeve/contract";
import type { Logger } from "../telemetry/index.ts";

/** Kinds of failure told apart within one streak; what comes past this is only counted. */
const maxKinds = 8;

/** Logs the first failure of each kind, counts the repeats in silence, and says when it is over. */
export class FailureStreak {
  readonly #log: Logger;
  readonly #kinds = new Set<string>();
  #failures = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  failed(error: unknown): void {
    this.#failures++;
    const kind = kindOf(error);
    if (this.#kinds.has(kind) || this.#kinds.size >= maxKinds) return;
    this.#kinds.add(kind);
    this.#log.error({ err: error }, "periodic task failed; repeats are counted, not logged");
  }

  worked(): void {
    if (this.#failures === 0) return;
    this.#log.info({ failures: this.#failures }, "periodic task works again");
    this.#failures = 0;
    this.#kinds.clear();
  }
}

/** Messages differ in ids and times; what kind of failure it is does not. */
function kindOf(error: unknown): string {
  if (error instanceof ReeveError) return error.reason;
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return `${error.name} ${typeof code === "string" ? code : ""}`;
}
