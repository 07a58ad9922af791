import { type Duration, ReeveError } from "@reeve/contract";
import type { Account } from "./account.ts";
import { couriers, type Errand, errands, tasks, ways } from "./errands.ts";
import { type Estate, until } from "./estate.ts";

interface ErrandLoadOptions {
  /** Told from errands of other loads. */
  readonly name: string;
  readonly account: Account;
  /** Hosts and clusters that errands go to. */
  readonly places: readonly string[];
  readonly workers?: number;
}

const pauseMs = 100;
const longestTimerMs = 15_000;
const leases = ["gate", "bridge"];
const timeout: Duration = "20s";

/** Callers that have errands sent, in every way, and things done under leases, until they are told to stop. */
export class ErrandLoad {
  /** How often something was done under a lease. */
  held = 0;
  readonly #estate: Estate;
  readonly #options: ErrandLoadOptions;
  readonly #random: () => number;
  readonly #workers: Promise<void>[];
  readonly #open: Errand[] = [];
  #stopping = false;

  constructor(estate: Estate, random: () => number, options: ErrandLoadOptions) {
    this.#estate = estate;
    this.#random = random;
    this.#options = options;
    const senders = Array.from({ length: options.workers ?? 3 }, (_, index) => this.#send(index));
    this.#workers = [...senders, ...leases.map((lease) => this.#hold(lease))];
  }

  /** Makes no more calls. Resolves when the last ones have ended, and every errand of unknown outcome has been asked for again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
    for (const errand of this.#open) await this.#sentAgain(errand);
  }

  async #send(index: number): Promise<void> {
    const { name, places, account } = this.#options;
    const { connection } = this.#estate;
    for (let turn = 0; !this.#stopping; turn++) {
      const id = `${name}${index}-${turn}`;
      const to = this.#pick([null, ...places]);
      const way = this.#pick([...ways, "by its host"] as const);
      const delayMs = Math.floor(this.#random() * longestTimerMs);
      const lane = this.#pick(["left", "right"]);
      const errand: Errand | undefined = way === "by its host" ? undefined : { id, way, to, lane, delayMs };
      const sending = errand
        ? this.#sent(errand)
        : account.log("errand", id, () => connection.ref(couriers).send({ id, to }, { timeout }));
      await sending.catch(() => errand && this.#open.push(errand));
      await this.#pause();
    }
  }

  /** Its key makes the second time harmless. */
  #sent(errand: Errand): Promise<void> {
    const ref = this.#estate.connection.ref(errands);
    return this.#options.account.log("errand", errand.id, () =>
      ref.send(errand, { idempotencyKey: errand.id, timeout }),
    );
  }

  #sentAgain(errand: Errand): Promise<void> {
    return until(
      `an answer under ${errand.id}`,
      async () => {
        await this.#sent(errand).catch((error) => {
          // That its key has run and left no answer is one too.
          if (!(error instanceof ReeveError) || error.retryable || error.reason !== "DUPLICATE_KEY") throw error;
        });
        return true;
      },
      120_000,
    );
  }

  async #hold(lease: string): Promise<void> {
    const ref = this.#estate.connection.ref(errands);
    while (!this.#stopping) {
      await ref.hold({ lease, steps: 3 }, { timeout }).then(
        (steps) => {
          this.held += steps;
        },
        () => {},
      );
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, pauseMs));
  }

  #pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#random() * of.length)]!;
  }
}

/** Whether each task was run at so many places a moment ago, and each lease can be had. */
export async function everybodyTurns(estate: Estate, places: number): Promise<boolean> {
  const ref = estate.connection.ref(errands);
  for (const lease of leases) await ref.hold({ lease, steps: 1 }, { timeout });
  const [turning] = await estate.query(
    `select count(distinct place) as places from errand_history
     where kind = 'turn' and at > clock_timestamp() - interval '5 s'`,
  );
  return Number(turning!.places) === places * tasks.length;
}
