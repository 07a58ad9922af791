import type { ReeveError } from "@reeve/contract";
import type { Clock, StoreFault, StoreHealth } from "@reeve/runtime/store";
import type { Connection } from "./connection.ts";
import { isFull, isRefusedLogin } from "./errors.ts";

const firstPauseMs = 100;
const longestPauseMs = 2_000;

export interface HealthWatchOptions {
  readonly health: StoreHealth;
  readonly clock: Clock;
  /** Opens a session, or throws why it cannot. */
  readonly open: () => Promise<Connection>;
  /** Whether there are sessions that are not lost: then a server that lets in no others is no fault. */
  readonly isAlive: () => boolean;
}

/**
 * Looks whether the server is there, once something makes one doubt: a session that was lost, a statement that was not answered.
 * While it is not, that is a fault, and it is looked for until it is back.
 */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #looking = false;
  #look: Promise<void> = Promise.resolve();
  #pauseMs = firstPauseMs;
  #timer: unknown;
  #closed = false;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  /** Something makes one doubt whether the server is there. */
  doubt(): void {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    this.#pauseMs = firstPauseMs;
    this.#look = this.#lookOnce();
  }

  /** Resolves when the session that it looks with is ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer as never);
    await this.#look;
  }

  async #lookOnce(): Promise<void> {
    const { open, health, clock, isAlive } = this.#options;
    try {
      await (await open()).end();
      this.#looking = false;
      if (!this.#closed) health.healed();
    } catch (error) {
      if (this.#closed) return;
      if (isFull(error) || (isRefusedLogin(error) && isAlive())) {
        this.#looking = false;
        return health.healed();
      }
      health.failed({ kind: kindOf(error as ReeveError), error: error as ReeveError });
      this.#timer = clock.setTimeout(
        () => {
          this.#look = this.#lookOnce();
        },
        this.#pauseMs * (0.5 + Math.random() / 2),
      );
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    }
  }
}

function kindOf({ cause, reason }: ReeveError): StoreFault["kind"] {
  if (reason === "STORE_CORRUPT") return "damaged";
  return (cause as { readonly code?: string } | undefined)?.code === "53100" ? "full" : "failed";
}
