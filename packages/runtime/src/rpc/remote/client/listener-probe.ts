import type { Clock } from "../../../base/clock.ts";
import { secretToken } from "../../../base/secret-token.ts";
import type { Message, Transport } from "../../../transport/transport.ts";
import { CallerHeadWriter, encodeIncarnation, headBytes } from "../../wire/caller-head.ts";
import { EnvelopeWriter } from "../../wire/envelope.ts";
import type { Msgpack } from "../../wire/msgpack.ts";

/** It is about no incarnation and no call. */
const head = { incarnation: encodeIncarnation(undefined), floor: 1, acknowledged: [] };
const messageBytes = headBytes(head.incarnation, 0) + 4;

/** Finds out whether anybody listens where calls go, with a message that says nothing: whoever gets it does nothing about it. */
export class ListenerProbe {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #msgpack: Msgpack;
  readonly #heads = new CallerHeadWriter();
  /** No conversation's secret is as short. */
  readonly #prefix: string;
  /** Questions that wait for the broker's word, and whether it was that nobody listens. */
  readonly #inVain = new Map<string, boolean>();

  constructor(transport: Transport, clock: Clock, msgpack: Msgpack) {
    this.#transport = transport;
    this.#clock = clock;
    this.#msgpack = msgpack;
    this.#prefix = `${transport.inbox}.probe.`;
  }

  /** Whether the message is about a question of its own. */
  takes({ subject, noResponders }: Message): boolean {
    if (!subject.startsWith(this.#prefix)) return false;
    const token = subject.slice(this.#prefix.length);
    if (noResponders && this.#inVain.has(token)) this.#inVain.set(token, true);
    return true;
  }

  /** True when the broker says that nobody listens there; false when somebody does, or nobody knows. Never rejects. */
  async inVain(subject: string): Promise<boolean> {
    const token = secretToken();
    const envelope = new EnvelopeWriter(this.#msgpack, messageBytes, messageBytes, messageBytes);
    const message = envelope.finish(this.#heads.write(this.#clock.now(), head));
    this.#inVain.set(token, false);
    try {
      this.#transport.publish(subject, message, { reply: `${this.#prefix}${token}` });
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
