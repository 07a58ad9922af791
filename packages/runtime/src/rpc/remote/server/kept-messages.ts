import type { Logger } from "../../../telemetry/logger.ts";
import type { Message } from "../../../transport/transport.ts";
import type { Endpoint } from "./endpoint.ts";

/** What is kept in all, and of one caller: nobody's many leave no room for somebody's few. */
const maxKept: Load = { messages: 4_096, bytes: 67_108_864 };
const maxKeptOfOne: Load = { messages: 1_024, bytes: 16_777_216 };

interface Load {
  readonly messages: number;
  readonly bytes: number;
}

interface Kept {
  readonly endpoint: Endpoint;
  readonly message: Message;
  readonly receivedAt: number;
}

const nothing: Load = { messages: 0, bytes: 0 };

/** Messages that wait until it is known who is to have them. More than is kept is dropped, as a network may; the first time it is said. */
export class KeptMessages {
  readonly #log: Pick<Logger, "warn">;
  #kept: Kept[] = [];
  /** How many of them were taken. */
  #taken = 0;
  /** By caller token. */
  readonly #ofCaller = new Map<string, Load>();
  #inAll = nothing;
  #overflowed = false;

  constructor(log: Pick<Logger, "warn">) {
    this.#log = log;
  }

  /** Its bytes may lie in a buffer that is used again; `slice` of a `Buffer` copies nothing. */
  add(endpoint: Endpoint, { subject, data, reply, headers, noResponders }: Message, receivedAt: number): void {
    const caller = callerOf(subject);
    const ofCaller = plus(this.#ofCaller.get(caller) ?? nothing, 1, data.length);
    const inAll = plus(this.#inAll, 1, data.length);
    if (exceeds(ofCaller, maxKeptOfOne) || exceeds(inAll, maxKept)) return this.#overflow(caller);
    this.#ofCaller.set(caller, ofCaller);
    this.#inAll = inAll;
    const message = { subject, data: new Uint8Array(data), reply, headers, noResponders };
    this.#kept.push({ endpoint, message, receivedAt });
  }

  get size(): number {
    return this.#kept.length - this.#taken;
  }

  /** The oldest of them, in the order in which they came; they are kept no more. */
  take(most: number): readonly Kept[] {
    const taken = this.#kept.slice(this.#taken, this.#taken + most);
    this.#taken += taken.length;
    if (this.size === 0) this.clear();
    else for (const { message } of taken) this.#forget(message);
    return taken;
  }

  /** Keeps those no longer that are not to be had. */
  drop(isTheirs: (kept: Kept) => boolean): void {
    const kept = this.#kept.slice(this.#taken);
    this.#kept = kept.filter((one) => !isTheirs(one));
    this.#taken = 0;
    if (this.#kept.length === 0) return this.clear();
    for (const one of kept) if (isTheirs(one)) this.#forget(one.message);
  }

  clear(): void {
    this.#kept = [];
    this.#taken = 0;
    this.#ofCaller.clear();
    this.#inAll = nothing;
    this.#overflowed = false;
  }

  #forget({ subject, data }: Message): void {
    const caller = callerOf(subject);
    this.#inAll = plus(this.#inAll, -1, -data.length);
    const ofCaller = plus(this.#ofCaller.get(caller)!, -1, -data.length);
    if (ofCaller.messages > 0) this.#ofCaller.set(caller, ofCaller);
    else this.#ofCaller.delete(caller);
  }

  #overflow(caller: string): void {
    if (this.#overflowed) return;
    this.#overflowed = true;
    this.#log.warn({ maxKept, maxKeptOfOne, caller }, "more came in than is kept until it is known who lives here");
  }
}

function callerOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

function plus(load: Load, messages: number, bytes: number): Load {
  return { messages: load.messages + messages, bytes: load.bytes + bytes };
}

function exceeds({ messages, bytes }: Load, most: Load): boolean {
  return messages > most.messages || bytes > most.bytes;
}
