import { reeveError } from "@reeve/contract";

/** A round trip to the broker: resolves when it has everything sent before. */
type Confirm = () => Promise<void>;

/** Protocol words around each message, roughly. */
const perMessage = 32;

/**
 * Counts what was sent and not yet confirmed. nats.js and the socket queue without bound, so a broker that has stopped reading would
 * otherwise cost all memory before its silence is noticed.
 */
export class Unconfirmed {
  readonly #limitBytes: number;
  readonly #confirm: Confirm;
  readonly #askEvery: number;
  #sent = 0;
  #confirmed = 0;
  #asking = false;

  constructor(limitBytes: number, confirm: Confirm) {
    this.#limitBytes = limitBytes;
    this.#confirm = confirm;
    this.#askEvery = Math.min(1_048_576, limitBytes / 4);
  }

  /** @throws ReeveError `LINK_SATURATED` when so much more would exceed the limit; a message alone never does */
  add(bytes: number): void {
    const sent = this.#sent + bytes + perMessage;
    const unconfirmedBytes = this.#sent - this.#confirmed;
    if (unconfirmedBytes > 0 && sent - this.#confirmed > this.#limitBytes) {
      this.#ask();
      throw reeveError("LINK_SATURATED", `The broker has not confirmed ${unconfirmedBytes} bytes; slow down`, {
        data: { unconfirmedBytes, limitBytes: this.#limitBytes },
      });
    }
    this.#sent = sent;
    if (sent - this.#confirmed > this.#askEvery) this.#ask();
  }

  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    const upTo = this.#sent;
    this.#confirm().then(
      () => {
        this.#confirmed = upTo;
        this.#asking = false;
      },
      // The link is lost, and this count with it.
      () => {},
    );
  }
}
