import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Message, Transport } from "@reeve/runtime/transport";

/** One broker, and how processes reach it. */
export interface TransportBackend {
  /** A transport of a process of its own, not connected yet. Undefined: a caller that gives no name. */
  client(caller?: string): Transport;
  /** Ends the broker. The clients are closed by then. */
  dispose?(): Promise<void>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = ({ data }: Message): string => new TextDecoder().decode(data);

/** What the cases of one transport work with. */
export class TransportRig {
  readonly #backend: TransportBackend;
  readonly #boundMs: number;
  readonly #opened: Transport[] = [];
  // So that cases on one broker do not meet.
  readonly #prefix = `conformance-${randomBytes(6).toString("hex")}`;

  constructor(backend: TransportBackend, boundMs: number) {
    this.#backend = backend;
    this.#boundMs = boundMs;
  }

  /** A subject, or a pattern, of this case. */
  subject(rest: string): string {
    return `${this.#prefix}.${rest}`;
  }

  unconnected(caller: string | undefined = "tester"): Transport {
    return this.keep(this.#backend.client(caller));
  }

  /** One that was given no name. */
  nameless(): Transport {
    return this.keep(this.#backend.client());
  }

  async client(caller?: string): Promise<Transport> {
    const transport = this.unconnected(caller);
    await this.within("connect", transport.connect());
    return transport;
  }

  /** Closes it after the case. */
  keep(transport: Transport): Transport {
    this.#opened.push(transport);
    return transport;
  }

  /** Fills with what arrives. */
  collect(transport: Transport, subject: string, queue?: string): string[] {
    const got: string[] = [];
    transport.subscribe(subject, (message) => void got.push(textOf(message)), { queue });
    return got;
  }

  /** Resolves once the broker knows the subscriptions of each, and has passed on what each has published. */
  async settled(...clients: readonly Transport[]): Promise<void> {
    await this.within("flush", Promise.all(clients.map((client) => client.flush())));
  }

  /** Resolves when `check` stops throwing. @throws what it throws last */
  async until(check: () => void): Promise<void> {
    const giveUpAt = performance.now() + this.#boundMs;
    for (;;) {
      try {
        return check();
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** @throws AssertionError when it takes longer than the bound */
  async within<T>(what: string, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new assert.AssertionError({ message: `${what} did not settle within ${this.#boundMs} ms` })),
        this.#boundMs,
      );
    });
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((transport) => transport.close()));
  }
}

/** @throws AssertionError unless `act` throws a ReeveError that has these properties */
export function refuses(act: () => unknown, expected: object): void {
  assert.throws(act, (error) => has(error, expected));
}

/** @throws AssertionError unless it rejects with a ReeveError that has these properties */
export async function rejects(work: Promise<unknown>, expected: object): Promise<void> {
  await assert.rejects(work, (error) => has(error, expected));
}

function has(error: unknown, expected: object): true {
  for (const [name, value] of Object.entries(expected)) {
    const actual = (error as Record<string, unknown>)[name];
    if (value instanceof RegExp) assert.match(String(actual), value);
    else assert.deepEqual(actual, value, `${name} of ${String(error)}`);
  }
  return true;
}
