import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Message } from "../../../transport/transport.ts";
import { jsonByte } from "../../wire/json-call.ts";
import { malformed } from "../../wire/msgpack.ts";
import type { Endpoint, Entry, ServedManager } from "./endpoint.ts";
import { KeptMessages } from "./kept-messages.ts";

/** What reads messages of one form. */
export interface MessageReader {
  /** @throws ReeveError `MALFORMED_FRAME` */
  receive(message: ReceivedMessage): void;
}

/** A message, where it came in and when. */
export interface ReceivedMessage {
  readonly endpoint: Endpoint;
  readonly entry: Entry;
  readonly message: Message;
  readonly receivedAt: number;
  /** Later than `receivedAt` where it was kept. */
  readonly takenAt: number;
}

export interface IntakeOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly envelopes: MessageReader;
  readonly json: MessageReader;
  /**
   * Whether this process is known to live where its managers say; asked of every message, with the time of its receipt. What
   * comes meanwhile is kept until {@link Intake.release}. Default: it is.
   */
  admits?: ((receivedAt: number) => boolean) | undefined;
}

/** So many of the messages that were kept are taken in a turn of the loop; each may hold 32 calls. */
const keptPerTurn = 64;

/** Takes in the messages that come, or keeps them until it is known who lives here. Nothing that a message holds makes it throw. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #kept: KeptMessages;
  #releasing = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#kept = new KeptMessages(options.log);
  }

  receive(endpoint: Endpoint, message: Message): void {
    if (message.noResponders) return;
    const receivedAt = this.#options.clock.now();
    // What comes later is not taken before what was kept.
    const keeps = this.#options.admits?.(receivedAt) === false || this.#kept.size > 0;
    if (keeps) this.#kept.add(endpoint, message, receivedAt);
    else this.#take(endpoint, message, receivedAt, receivedAt);
  }

  /**
   * It is known again who lives here: what was kept is taken in, in order, and the loop turns meanwhile.
   *
   * @param taken whose address others held meanwhile: what was sent there has been theirs to run
   */
  release(taken?: ReadonlySet<ServedManager>): void {
    if (taken && taken.size > 0) {
      this.#kept.drop(
        ({ endpoint, message }) => taken.has(endpoint.manager) && endpoint.entryOf(message.subject)?.picked !== true,
      );
    }
    if (!this.#releasing) this.#takeKept();
  }

  /** Takes in nothing that was kept. */
  close(): void {
    this.#kept.clear();
  }

  #takeKept(): void {
    const now = this.#options.clock.now();
    this.#releasing = false;
    // Released once more when that is known again.
    if (this.#options.admits?.(now) === false) return;
    for (const { endpoint, message, receivedAt } of this.#kept.take(keptPerTurn))
      this.#take(endpoint, message, receivedAt, now);
    this.#releasing = this.#kept.size > 0;
    if (this.#releasing) setImmediate(() => this.#takeKept());
  }

  #take(endpoint: Endpoint, message: Message, receivedAt: number, takenAt: number): void {
    const { log, json, envelopes } = this.#options;
    try {
      const entry = endpoint.entryOf(message.subject);
      if (!entry) throw malformed("the subject has a token that is not escaped");
      const received = { endpoint, entry, message, receivedAt, takenAt };
      if (message.data[0] !== jsonByte) envelopes.receive(received);
      else if (isMeant(endpoint, entry)) json.receive(received);
    } catch (error) {
      log.warn({ err: error, subject: message.subject }, "a message was dropped");
    }
  }
}

/** Whoever else lives at this address got the call as well, and answers it: a refusal from here would be believed. */
export function isMeant({ suspended }: Endpoint, { picked }: Entry): boolean {
  return picked || !suspended;
}
