import { inProcess } from "@reeve/runtime";
import type {
  Message,
  MessageHandler,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  Transport,
  TransportAlarm,
} from "@reeve/runtime/transport";
import type { TransportBackend } from "./transport-rig.ts";

/** What a transport may get wrong, one at a time. */
export const faults = [
  "loses headers",
  "invents a reply",
  "delivers at once",
  "loses order",
  "flushes nothing",
  "takes a star for the rest",
  "knows no queue groups",
  "checks no subjects",
  "takes what is too large",
  "shares its inbox",
  "answers everybody",
  "never says that nobody is there",
  "overlooks who listens",
  "raises no alarm",
  "delivers after the end",
  "drains at once",
  "swallows what is early",
  "forgets early subscriptions",
  "tells of its link twice",
  "stops at a listener that throws",
  "waits through an abort",
  "loses what it sends last",
  "works after its close",
  "hangs those that wait for it",
  "gives its name away",
  "connects its threads as somebody else",
] as const;
export type Fault = (typeof faults)[number];

const threads = Symbol.for("reeve.faulty-transport");

/** A hub whose clients have one fault, or none. */
export function faultyBackend(fault?: Fault): TransportBackend {
  const hub = inProcess({ maxPayloadBytes: fault === "takes what is too large" ? 4096 : 2048 });
  const make = (caller?: string) => new FaultyClient(hub.client({ caller }), fault);
  // Where a thread's module finds this hub: it has no wire.
  const home = globalThis as unknown as Record<symbol, Map<string, (caller: string) => Transport>>;
  home[threads] ??= new Map();
  const known = home[threads];
  return {
    client: (caller) => {
      const client = make(caller);
      known.set(client.inbox, make);
      return client;
    },
  };
}

const module = `data:text/javascript,${encodeURIComponent(
  'export const openTransport = ({ inbox, caller }) => globalThis[Symbol.for("reeve.faulty-transport")].get(inbox)(caller);',
)}`;

class FaultyClient implements Transport {
  readonly #inner: Transport;
  readonly #fault: Fault | undefined;
  readonly #local = new Map<string, MessageHandler[]>();
  readonly #listeners: ((connected: boolean) => void)[] = [];
  #held: (() => void) | undefined;
  #closing = false;

  constructor(inner: Transport, fault: Fault | undefined) {
    this.#inner = inner;
    this.#fault = fault;
  }

  get connected(): boolean {
    return this.#inner.connected;
  }

  get maxPayloadBytes(): number {
    return 2048;
  }

  get caller(): string {
    return this.#fault === "gives its name away" ? "somebody" : this.#inner.caller;
  }

  get inbox(): string {
    return this.#is("shares its inbox") ? `_INBOX.${this.#inner.caller}.shared` : this.#inner.inbox;
  }

  callAs(caller: string): void {
    this.#inner.callAs?.(caller);
  }

  forThread() {
    const caller = this.#is("connects its threads as somebody else") ? "somebody" : this.caller;
    return { module, data: { inbox: this.#inner.inbox, caller } };
  }

  async connect(signal?: AbortSignal): Promise<void> {
    if (this.#is("hangs those that wait for it") && this.#closing) return new Promise(() => {});
    if (this.#is("waits through an abort")) return this.#inner.connect();
    return this.#inner.connect(signal);
  }

  publish(subject: string, data: Uint8Array, options: PublishOptions = {}): void {
    if (this.#is("works after its close") && this.#closing) return;
    if (this.#is("swallows what is early") && !this.connected && !this.#closing) return;
    if (this.#is("delivers at once"))
      for (const handler of this.#local.get(subject) ?? []) handler(plain(subject, data));
    const send = () => this.#inner.publish(subject, data, this.#given(options));
    if (this.#is("loses what it sends last")) setImmediate(() => this.#closing || send());
    else if (this.#is("flushes nothing")) setImmediate(() => ignoring(send));
    else if (this.#is("loses order") && subject.endsWith("ordered.1")) setImmediate(() => ignoring(send));
    else if (this.#is("checks no subjects")) ignoring(send);
    else send();
    if (this.#is("overlooks who listens") && options.reply) this.#inner.publish(options.reply, new Uint8Array(0));
    if (this.#is("answers everybody") && options.reply) this.#inner.publish("_INBOX.asker.3.1", data);
  }

  subscribe(subject: string, handler: MessageHandler, { queue }: SubscribeOptions = {}): Subscription {
    if (this.#is("works after its close") && this.#closing) return { unsubscribe() {}, drain: async () => {} };
    if (this.#is("forgets early subscriptions") && !this.connected) return { unsubscribe() {}, drain: async () => {} };
    this.#local.set(subject, [...(this.#local.get(subject) ?? []), handler]);
    const open = () =>
      this.#inner.subscribe(
        this.#is("takes a star for the rest") ? subject.replace(/\*.*$/, ">") : subject,
        this.#is("never says that nobody is there")
          ? (message) => (message.noResponders ? undefined : handler(message))
          : handler,
        this.#is("knows no queue groups") ? {} : { queue },
      );
    if (this.#is("checks no subjects")) return ignoring(open) ?? { unsubscribe() {}, drain: async () => {} };
    const subscription = open();
    return {
      unsubscribe: () => this.#is("delivers after the end") || subscription.unsubscribe(),
      drain: async () => {
        if (this.#is("drains at once")) return subscription.unsubscribe();
        return subscription.drain();
      },
    };
  }

  async flush(): Promise<void> {
    if (this.#is("flushes nothing") && this.connected) return;
    await this.#inner.flush();
  }

  onLink(listener: (connected: boolean) => void): () => void {
    this.#listeners.push(listener);
    if (this.#is("stops at a listener that throws")) {
      this.#held ??= this.#inner.onLink((connected) => {
        for (const each of this.#listeners) each(connected);
      });
      return this.#held;
    }
    return this.#inner.onLink((connected) => {
      listener(connected);
      if (this.#is("tells of its link twice")) listener(connected);
    });
  }

  onAlarm(listener: (alarm: TransportAlarm) => void): () => void {
    return this.#inner.onAlarm(this.#is("raises no alarm") ? () => {} : listener);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#inner.close();
  }

  #is(fault: Fault): boolean {
    return this.#fault === fault;
  }

  #given(options: PublishOptions): PublishOptions {
    if (this.#is("loses headers")) return { ...options, headers: undefined };
    if (this.#is("invents a reply")) return { ...options, reply: options.reply ?? "nowhere" };
    return options;
  }
}

function plain(subject: string, data: Uint8Array): Message {
  return { subject, data, noResponders: false };
}

function ignoring<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
