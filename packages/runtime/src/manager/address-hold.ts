import { type ReeveError, reeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";

/** The driver of the incarnation. */
interface HeldDriver {
  /** Starts it; resolves when it is up, when its start timeout is over, or with the signal. */
  openDriver(signal: AbortSignal): Promise<void>;
  /** Closes it until it is opened again; calls are refused for that cause. Bounded, never rejects. */
  restDriver(cause: ReeveError): Promise<void>;
}

interface AddressHoldOptions {
  /** `manager/address`. */
  readonly key: string;
  readonly clock: Clock;
  /** How long what runs may take to come to rest when the address is lost. */
  readonly restMs: number;
  /** Aborts when the incarnation drains or ends. */
  readonly leaving: AbortSignal;
  /** Present once the incarnation has opened its resources. */
  driver(): HeldDriver | undefined;
  /** Whether another process holds the address. */
  isClaimed(): boolean;
  /** Resolves when all that runs now has come to rest. */
  rested(): Promise<unknown>;
  /** The address is its own, and its driver is up or on its way. */
  onOwn(): void;
}

/**
 * Opens what lies below a manager only while its address is its own, and lets go of it for whoever holds the address now:
 *
 * | the address | its driver |
 * |---|---|
 * | is asked about | waits |
 * | is its own | is opened, once |
 * | is lost, and what runs has come to rest or its time is over | is closed |
 * | is its own again, before or after that | stays, or is opened again |
 */
export class AddressHold {
  readonly #options: AddressHoldOptions;
  #opened: Promise<void> | undefined;
  #booted = false;
  /** How often the address became its own, or another's: what was begun for the last time counts no longer. */
  #turns = 0;

  constructor(options: AddressHoldOptions) {
    this.#options = options;
  }

  /** While it boots, once it is known whose the address is. */
  async open(signal: AbortSignal): Promise<void> {
    if (!this.#options.isClaimed()) await this.#openOnce(signal);
  }

  /** From here on the driver is opened as soon as the address is its own: it may have become so since {@link open}. */
  async booted(signal: AbortSignal): Promise<void> {
    this.#booted = true;
    await this.open(signal);
  }

  /** The address is another's, who may need what lies below. */
  async lost(message: string): Promise<void> {
    this.#turns += 1;
    const turn = this.#turns;
    const { key, clock, restMs, leaving, rested, driver } = this.#options;
    await withTimeout(clock, restMs, rested(), leaving);
    // Its own again meanwhile, or over; or nothing was opened yet.
    if (turn !== this.#turns || leaving.aborted || !this.#opened) return;
    this.#opened = undefined;
    await driver()?.restDriver(reeveError("DRIVER_LOST", `${key} is another's: ${message}`));
  }

  /** The address is its own. Without a driver yet, what the start left undone waits for that. */
  async regained(clearCause: () => void): Promise<void> {
    this.#turns += 1;
    const turn = this.#turns;
    if (this.#booted) await this.#openOnce(this.#options.leaving);
    // Lost again meanwhile.
    if (turn === this.#turns) clearCause();
    this.#options.onOwn();
  }

  #openOnce(signal: AbortSignal): Promise<void> {
    const { leaving, driver } = this.#options;
    this.#opened ??= driver()?.openDriver(AbortSignal.any([signal, leaving]));
    return this.#opened ?? Promise.resolve();
  }
}
