import { connect, type NatsConnection } from "@nats-io/transport-node";
import { decode, encode } from "./page-codec.ts";

export interface Answer {
  /** The subject's last token. */
  readonly batch: string;
  readonly head: readonly any[];
  readonly frames: readonly (readonly any[])[];
  readonly noResponders: boolean;
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
    nats.subscribe(`${this.#inbox}.*`, {
      callback: (_, { subject, data, headers }) => {
        const batch = subject.slice(subject.lastIndexOf(".") + 1);
        const noResponders = headers?.code === 503;
        const [head, ...frames] = noResponders ? [[]] : (decode(Buffer.from(data.subarray(1))) as any[]);
        this.answers.push({ batch, head, frames, noResponders });
      },
    });
  }

  /** Sends frames as one message; returns its batch. */
  send(subject: string, ...frames: readonly (readonly unknown[])[]): string {
    const batch = `b${++this.#batches}`;
    const message = Buffer.concat([Buffer.of(1), encode([[performance.now()], ...frames])]);
    this.#nats.publish(`${subject}.${this.#caller}`, message, { reply: `${this.#inbox}.${batch}` });
    return batch;
  }

  /** Every frame about a call, in order of arrival. */
  about(id: number): readonly (readonly any[])[] {
    return this.answers.flatMap(({ frames }) =>
      frames.filter((frame) => frame.slice(1).includes(id) && (frame[1] === id || frame[0] === 19)),
    );
  }

  deadline(ms: number): number {
    return performance.now() + ms;
  }

  async close(): Promise<void> {
    await this.#nats.close();
  }
}
