import { connect, type NatsConnection } from "@nats-io/transport-node";
import { decode, encode } from "./page-codec.ts";

export interface Answer {
  /** The subject's last token. */
  readonly batch: string;
  readonly head: readonly any[];
  readonly frames: readonly (readonly any[])[];
  readonly noResponders: boolean;
}

/** What a caller says of a conversation with each message. */
export interface Says {
  /** Undefined: it knows none. */
  readonly incarnation?: string;
  readonly floor?: number;
  readonly acknowledged?: readonly number[];
  /** One for each incarnation that it calls. */
  readonly secret?: string;
  /** Instead of now. */
  readonly sentAt?: number;
}

/** A client of Reeve written from docs/wire.md alone, on raw nats.js: it shares no line with the runtime. */
export class PageClient {
  readonly answers: Answer[] = [];
  readonly #nats: NatsConnection;
  readonly #caller: string;
  readonly #inbox: string;
  #batches = 0;

  static async connect(servers: string, caller: string): Promise<PageClient> {
    const client = new PageClient(await connect({ servers }), caller);
    await client.#nats.flush();
    return client;
  }

  constructor(nats: NatsConnection, caller: string) {
    this.#nats = nats;
    this.#caller = caller;
    this.#inbox = `_INBOX.${caller}.${process.hrtime.bigint()}`;
    nats.subscribe(`${this.#inbox}.>`, {
      callback: (_, { subject, data, headers }) => {
        const batch = subject.slice(subject.lastIndexOf(".") + 1);
        const noResponders = headers?.code === 503;
        const [head, ...frames] = noResponders ? [[]] : (decode(Buffer.from(data.subarray(1))) as any[]);
        this.answers.push({ batch, head, frames, noResponders });
      },
    });
  }

  /** Sends frames as one message to whoever takes it; returns its batch. */
  send(subject: string, ...frames: readonly (readonly unknown[])[]): string {
    return this.say({}, subject, ...frames);
  }

  /** The same, with more to say. */
  say(says: Says, subject: string, ...frames: readonly (readonly unknown[])[]): string {
    const { incarnation = null, floor = 1, acknowledged = [], secret = "s3cret", sentAt = performance.now() } = says;
    const batch = `b${++this.#batches}`;
    const message = Buffer.concat([Buffer.of(2), encode([[sentAt, incarnation, floor, acknowledged], ...frames])]);
    this.#nats.publish(`${subject}.${this.#caller}`, message, { reply: `${this.#inbox}.${secret}.${batch}` });
    return batch;
  }

  /** Every frame about a call, in order of arrival. */
  about(number: number): readonly (readonly any[])[] {
    return this.answers.flatMap(({ frames }) =>
      frames.filter((frame) => frame.slice(1).includes(number) && (frame[1] === number || frame[0] === 19)),
    );
  }

  /** Every frame in answer to a message. */
  answered(batch: string): readonly (readonly any[])[] {
    return this.answers.filter((answer) => answer.batch === batch).flatMap(({ frames }) => frames);
  }

  deadline(ms: number): number {
    return performance.now() + ms;
  }

  async close(): Promise<void> {
    await this.#nats.close();
  }
}
