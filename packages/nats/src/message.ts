import type { Msg } from "@nats-io/transport-node";
import type { Message } from "@reeve/runtime/transport";

const noResponders = 503;

/** A message as nats.js has it, decoded as far as it is looked at. */
export class NatsMessage implements Message {
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly noResponders: boolean;
  readonly #received: Msg;

  /** @throws when the headers are malformed */
  constructor(received: Msg) {
    this.#received = received;
    this.data = received.data;
    const headers = received.headers;
    this.noResponders = headers?.code === noResponders && this.data.length === 0;
    this.headers = headers && headers.keys().length > 0 ? firstValues(headers) : undefined;
  }

  get subject(): string {
    return this.#received.subject;
  }

  get reply(): string | undefined {
    return this.#received.reply || undefined;
  }
}

function firstValues(headers: NonNullable<Msg["headers"]>): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null);
  for (const name of headers.keys()) record[name] = headers.get(name);
  return record;
}
