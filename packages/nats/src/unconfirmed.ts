import { reeveError } from "@reeve/contract";

/** Protocol words around each message, roughly. */
const perMessage = 32;

/**
 * Counts what was sent and not yet confirmed. nats.js and the socket queue without bound, so a broker that has stopped reading would
 * otherwise cost all memory before its silence is noticed.
 */
export class Unconfirmed {
  readonly #limitBytes: number;
  readonly #roundTrip: () => Promise<void>;
  readonly #askEvery: number;
  #sent = 0;
  #confirmed = 0;
  #asking = false;

  /** @param roundTrip resolves when the broker has everything sent before */
  constructor(limitBytes: number, roundTrip: () => Promise<void>) {
    this.#limitBytes = limitBytes;
    this.#roundTrip = roundTrip;
    this.#askEvery = Math.min(1_048_576, limitBytes / 4);
  }

  /** @throws ReeveError `LINK_SATURATED` when so much more would exceed the limit; a message alone never does */
  add(bytes: number): void {
    const unconfirmedBytes = this.#sent - this.#confirmed;
    const after = unconfirmedBytes + bytes + perMessage;
    if (unconfirmedBytes > 0 && after > this.#limitBytes) {
      this.#ask();
      throw reeveError("LINK_SATURATED", `The broker has not confirmed ${unconfirmedBytes} bytes; slow down`, {
        data: { unconfirmedBytes, limitBytes: this.#limitBytes },
      });
    }
    this.#sent += bytes + perMessage;
    if (after > this.#askEvery) this.#ask();
  }

  /** Resolves when the broker has everything sent so far. */
  async confirm(): Promise<void> {
    const sent = this.#sent;
    await this.#roundTrip();
    this.#confirmed = Math.max(this.#confirmed, sent);
  }

  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.confirm().then(
      () => {
        this.#asking = false;
      },
      // The link is lost, and this count with it.
      () => {},
    );
  }
}
