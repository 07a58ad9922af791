import type { Clock } from "../../../base/clock.ts";
import type { Message, Transport } from "../../../transport/transport.ts";
import { callerHead, EnvelopeWriter, stampSentAt } from "../../wire/envelope.ts";
import type { Msgpack } from "../../wire/msgpack.ts";

/** No number of a message begins like this. */
const mark = "_";

/** Finds out whether anybody listens where calls go, with a message that says nothing: whoever gets it does nothing about it. */
export class ListenerProbe {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #msgpack: Msgpack;
  /** Questions that wait for the broker's word, and whether it was that nobody listens. */
  readonly #inVain = new Map<string, boolean>();
  #asked = 0;

  constructor(transport: Transport, clock: Clock, msgpack: Msgpack) {
    this.#transport = transport;
    this.#clock = clock;
    this.#msgpack = msgpack;
  }

  /** Whether the message is about a question of its own. */
  takes({ subject, noResponders }: Message): boolean {
    const token = subject.slice(subject.lastIndexOf(".") + 1);
    if (!token.startsWith(mark)) return false;
    if (noResponders && this.#inVain.has(token)) this.#inVain.set(token, true);
    return true;
  }

  /** True when the broker says that nobody listens there; false when somebody does, or nobody knows. Never rejects. */
  async inVain(subject: string): Promise<boolean> {
    const token = `${mark}${++this.#asked}`;
    const message = new EnvelopeWriter(this.#msgpack, callerHead, callerHead.length + 4).finish();
    stampSentAt(message, this.#clock.now());
    this.#inVain.set(token, false);
    try {
      this.#transport.publish(subject, message, { reply: `${this.#transport.inbox}.${token}` });
      // The broker's notice comes before its confirmation.
      await this.#transport.flush();
      return this.#inVain.get(token)!;
    } catch {
      return false;
    } finally {
      this.#inVain.delete(token);
    }
  }
}
