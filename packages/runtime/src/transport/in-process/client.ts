import type { ReeveError } from "@reeve/contract";
import { Alarms, type TransportAlarm } from "../alarm.ts";
import { anonymous } from "../anonymous.ts";
import { LinkState } from "../link-state.ts";
import { checkHeaders, checkPayload, headersBytes } from "../payload.ts";
import { linkLost, transportClosed } from "../refusals.ts";
import { checkPattern, checkSubject, checkToken } from "../subject.ts";
import type { MessageHandler, PublishOptions, SubscribeOptions, Subscription, Transport } from "../transport.ts";
import type { Hub } from "./hub.ts";
import { InProcessSubscription } from "./subscription.ts";

/** One host on a hub. */
export class InProcessClient implements Transport {
  readonly #nonce: string;
  #caller: string | undefined;
  readonly #hub: Hub;
  readonly #alarms = new Alarms();
  readonly #link: LinkState;
  readonly #subscriptions = new Set<InProcessSubscription>();
  #closed = false;

  constructor(hub: Hub, caller: string | undefined, nonce: string) {
    this.#hub = hub;
    this.#caller = caller;
    this.#nonce = nonce;
    this.#link = new LinkState((cause) =>
      this.#alarms.raise("handler.failed", "A link listener threw; correct it", { cause }),
    );
  }

  get caller(): string {
    return this.#caller ?? anonymous;
  }

  get inbox(): string {
    return `_INBOX.${this.caller}.${this.#nonce}`;
  }

  callAs(caller: string): void {
    checkToken("caller", caller);
    this.#caller ??= caller;
  }

  get connected(): boolean {
    return this.#link.up;
  }

  get maxPayloadBytes(): number {
    return this.#hub.maxPayloadBytes;
  }

  async connect(signal?: AbortSignal): Promise<void> {
    const up = this.#link.untilUp(signal);
    if (!this.#closed && !this.#link.up && !signal?.aborted) {
      for (const subscription of this.#subscriptions) this.#hub.attach(subscription);
      this.#link.set(true);
    }
    await up;
  }

  publish(subject: string, data: Uint8Array, { reply, headers }: PublishOptions = {}): void {
    if (!this.#link.up) throw this.#notConnected(`publish to ${subject}`);
    checkSubject("subject", subject);
    if (reply !== undefined) checkSubject("reply", reply);
    const checked = headers && checkHeaders(headers);
    checkPayload(subject, data.length + (checked ? headersBytes(checked) : 0), this.maxPayloadBytes);
    this.#hub.route(this, { subject, data, reply, headers: checked });
  }

  subscribe(subject: string, handler: MessageHandler, { queue }: SubscribeOptions = {}): Subscription {
    if (this.#closed) throw transportClosed(`subscribe to ${subject}`);
    checkPattern("subject", subject);
    if (queue !== undefined) checkSubject("queue", queue);
    const subscription = new InProcessSubscription(this.#hub, this, subject, queue, handler);
    this.#subscriptions.add(subscription);
    if (this.#link.up) this.#hub.attach(subscription);
    return subscription;
  }

  async flush(): Promise<void> {
    if (!this.#link.up) throw this.#notConnected("flush");
    await new Promise<void>((resolve) => this.#hub.queue.push(resolve));
  }

  onLink(listener: (connected: boolean) => void): () => void {
    return this.#link.onChange(listener);
  }

  onAlarm(listener: (alarm: TransportAlarm) => void): () => void {
    return this.#alarms.on(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const subscription of [...this.#subscriptions]) subscription.unsubscribe();
    this.#link.close(transportClosed("connect"));
  }

  forget(subscription: InProcessSubscription): void {
    this.#subscriptions.delete(subscription);
  }

  handlerFailed(subject: string, cause: unknown): void {
    this.#alarms.raise("handler.failed", `The handler of ${subject} failed; correct it`, { subject, cause });
  }

  #notConnected(what: string): ReeveError {
    return this.#closed ? transportClosed(what) : linkLost(what, "never-sent");
  }
}
