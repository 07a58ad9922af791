import type { NatsConnection, PublishOptions as NatsPublishOptions } from "@nats-io/transport-node";
import { ClosedConnectionError, headers as natsHeaders } from "@nats-io/transport-node";
import { type ReeveError, reeveError } from "@reeve/contract";
import {
  Alarms,
  anonymous,
  type Clock,
  checkHeaders,
  checkPattern,
  checkPayload,
  checkSubject,
  checkToken,
  type Denial,
  Denials,
  headersBytes,
  LinkState,
  linkLost,
  type MessageHandler,
  type PublishOptions,
  type Random,
  type SubscribeOptions,
  type Subscription,
  type ThreadTransport,
  type Transport,
  type TransportAlarm,
  transportClosed,
} from "@reeve/runtime/transport";
import { watch } from "./connection-watch.ts";
import { DeliveryThrottle } from "./delivery-throttle.ts";
import { DeniedRights } from "./denied-rights.ts";
import { LinkKeeper } from "./link-keeper.ts";
import type { NatsOptions, NatsSettings } from "./options.ts";
import { RightTrial } from "./right-trial.ts";
import type { ServerPool } from "./server-pool.ts";
import { NatsSubscription } from "./subscription.ts";
import { Unconfirmed } from "./unconfirmed.ts";

const closeTimeoutMs = 1_000;

/** A live connection and what is counted for it. */
interface Live {
  readonly connection: NatsConnection;
  readonly unconfirmed: Unconfirmed;
  readonly lose: () => void;
}

/** The {@link Transport} over one nats.js connection after another. */
export class NatsTransport implements Transport {
  readonly #nonce: string;
  #caller: string | undefined;
  readonly #options: NatsOptions;
  readonly #settings: NatsSettings;
  readonly #clock: Clock;
  readonly #alarms = new Alarms();
  readonly denials: Denials;
  readonly #rights: DeniedRights;
  readonly #trial = new RightTrial();
  readonly #link: LinkState;
  readonly #random: Random;
  #keeper: LinkKeeper | undefined;
  readonly #subscriptions = new Set<NatsSubscription>();
  readonly #throttle = new DeliveryThrottle();
  #live: Live | undefined;
  #maxPayloadBytes = 1_048_576;
  #closing: Promise<void> | undefined;

  constructor(options: NatsOptions, settings: NatsSettings, clock: Clock, random: Random, nonce: string) {
    this.#options = options;
    this.#settings = settings;
    this.#clock = clock;
    this.#caller = settings.caller;
    this.#nonce = nonce;
    const listenerThrew = (cause: unknown) =>
      this.#alarms.raise("handler.failed", "A link listener threw; correct it", { cause });
    this.#link = new LinkState(listenerThrew, () => this.#keeper?.problem);
    this.denials = new Denials(listenerThrew);
    this.#rights = new DeniedRights({
      ...{ clock, alarms: this.#alarms, denials: this.denials },
      subscribeAgain: (subject) => this.#subscribeAgain(subject),
      publishEmpty: (subject) => this.#live?.connection.publish(subject),
      confirm: () => this.#said(),
    });
    this.#random = random;
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

  /** What the broker's monitoring calls it. */
  get #name(): string {
    return this.#settings.name ?? this.caller;
  }

  get connected(): boolean {
    return this.#link.up;
  }

  get maxPayloadBytes(): number {
    return this.#maxPayloadBytes;
  }

  forThread(): ThreadTransport {
    return {
      module: String(new URL("./nats-thread.ts", import.meta.url)),
      data: { ...this.#options, caller: this.caller, name: `${this.#name}-thread` } satisfies NatsOptions,
    };
  }

  connect(signal?: AbortSignal): Promise<void> {
    const up = this.#link.untilUp(signal);
    if (!this.#closing && !signal?.aborted) this.#keeperOf().start((connection, pool) => this.#serve(connection, pool));
    return up;
  }

  attempted(): Promise<void> {
    return this.#keeperOf().attempted;
  }

  /** Resolves when the broker has said what it has to say of all that was sent before. */
  async #said(): Promise<void> {
    await this.flush();
    // nats.js tells of a refusal a few microtasks after it has passed on the confirmation that follows it.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Made at the first connection, when it is known who calls. */
  #keeperOf(): LinkKeeper {
    const settings = { ...this.#settings, name: this.#name };
    this.#keeper ??= new LinkKeeper(settings, this.#clock, this.#random, this.#alarms);
    return this.#keeper;
  }

  publish(subject: string, data: Uint8Array, { reply, headers, harmless }: PublishOptions = {}): void {
    const live = this.#live;
    if (!live || this.#closing) throw this.#notConnected(`publish to ${subject}`);
    checkSubject("subject", subject);
    const options: NatsPublishOptions = {};
    if (reply !== undefined) {
      checkSubject("reply", reply);
      options.reply = reply;
    }
    let bytes = data.length;
    if (headers) {
      const checked = checkHeaders(headers);
      bytes += headersBytes(checked);
      options.headers = natsHeaders();
      for (const name of Object.keys(checked)) options.headers.set(name, checked[name] as string);
    }
    checkPayload(subject, bytes, this.#maxPayloadBytes);
    live.unconfirmed.add(bytes + subject.length);
    try {
      live.connection.publish(subject, data, options);
    } catch (cause) {
      // The connection closed a moment ago and the news is on its way.
      if (cause instanceof ClosedConnectionError) throw linkLost(`publish to ${subject}`, "never-sent", cause);
      throw cause;
    }
    if (harmless) this.#rights.harmless(subject);
    if (this.#rights.any) this.#rights.published(subject);
  }

  subscribe(subject: string, handler: MessageHandler, { queue }: SubscribeOptions = {}): Subscription {
    if (this.#closing) throw transportClosed(`subscribe to ${subject}`);
    checkPattern("subject", subject);
    if (queue !== undefined) checkSubject("queue", queue);
    const owner = {
      throttle: this.#throttle,
      forget: (ended: NatsSubscription) => this.#forget(ended),
      refused: (denied: string, cause: unknown) => this.#rights.refused("subscribe", denied, cause),
      settled: (ending: Promise<void>) =>
        this.#bounded("drain", ending, this.#settings.flushTimeoutMs).catch(() => undefined),
    };
    const subscription = new NatsSubscription(owner, this.#alarms, subject, queue, handler);
    this.#subscriptions.add(subscription);
    if (this.#live) subscription.attach(this.#live.connection);
    return subscription;
  }

  async flush(): Promise<void> {
    const live = this.#live;
    if (!live || this.#closing) throw this.#notConnected("flush");
    await this.#bounded("flush", live.unconfirmed.confirm(), this.#settings.flushTimeoutMs);
    // What the broker sent before its answer has come as well.
    await this.#throttle.idle();
  }

  async permits(right: Denial): Promise<boolean> {
    const live = this.#live;
    const what = `try to ${right.right} ${right.subject}`;
    if (!live || this.#closing) throw this.#notConnected(what);
    try {
      return await this.#trial.permits(live.connection, right, () => this.#said());
    } catch (cause) {
      if (cause instanceof ClosedConnectionError) throw linkLost(what, "never-sent", cause);
      throw cause;
    }
  }

  onLink(listener: (connected: boolean) => void): () => void {
    return this.#link.onChange(listener);
  }

  onAlarm(listener: (alarm: TransportAlarm) => void): () => void {
    return this.#alarms.on(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Runs from the moment a connection is made until it is lost. */
  async #serve(connection: NatsConnection, pool: ServerPool): Promise<void> {
    let lose = () => {};
    const lost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    const onPublishRefused = (subject: string, cause: unknown) => {
      if (!this.#trial.refused(subject)) this.#rights.refused("publish", subject, cause);
    };
    const onRevoked = (id: number, cause: unknown) => {
      for (const subscription of this.#subscriptions) subscription.revoked(id, cause);
    };
    const watched = { pool, alarms: this.#alarms, clock: this.#clock, settings: this.#settings };
    watch(connection, { ...watched, onPublishRefused, onRevoked }, lose);
    this.#maxPayloadBytes = connection.info?.max_payload ?? this.#maxPayloadBytes;
    // Written before any publish that the news of the link sets off, so answers to it find their subscription.
    for (const subscription of this.#subscriptions) subscription.attach(connection);
    const unconfirmed = new Unconfirmed(this.#settings.maxUnconfirmedBytes, () => roundTrip(connection));
    this.#live = { connection, unconfirmed, lose };
    this.#link.set(true);
    this.#rights.linked();
    await lost;
    // An answer that has come is no loss.
    this.#throttle.finish();
    this.#live = undefined;
    this.#link.set(false);
    await this.#within(closeTimeoutMs, connection.close());
  }

  async #close(): Promise<void> {
    const live = this.#live;
    const flushed = live?.unconfirmed.confirm();
    this.#link.close(transportClosed("connect"));
    this.#rights.close();
    if (flushed) await this.#within(closeTimeoutMs, flushed);
    live?.lose();
    if (this.#keeper) await this.#within(closeTimeoutMs, this.#keeper.stop());
  }

  #forget(ended: NatsSubscription): void {
    if (!this.#subscriptions.delete(ended) || !ended.refused) return;
    const { subject } = ended;
    if (![...this.#subscriptions].some((one) => one.refused && one.subject === subject))
      this.#rights.unsubscribed(subject);
  }

  #subscribeAgain(subject: string): void {
    const connection = this.#live?.connection;
    if (!connection) return;
    for (const one of this.#subscriptions) if (one.refused && one.subject === subject) one.attach(connection);
  }

  /** Settles with `work`, or rejects when the link breaks or time runs out first. */
  #bounded(what: string, work: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        this.#clock.clearTimeout(timer);
        stopListening();
        if (error === undefined) resolve();
        else reject(error);
      };
      const stopListening = this.#link.onChange(() => settle(linkLost(what, "maybe-executed")));
      const timer = this.#clock.setTimeout(
        () => settle(reeveError("DEADLINE_EXCEEDED", `${what}: the broker did not confirm within ${ms} ms`)),
        ms,
      );
      work.then(
        () => settle(),
        (cause: unknown) => settle(linkLost(what, "maybe-executed", cause)),
      );
    });
  }

  /** Resolves with `work` whatever comes of it, at the latest after `ms`. */
  #within(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(resolve, ms);
      const settle = () => {
        this.#clock.clearTimeout(timer);
        resolve();
      };
      work.then(settle, settle);
    });
  }

  #notConnected(what: string): ReeveError {
    return this.#closing ? transportClosed(what) : linkLost(what, "never-sent");
  }
}

/** nats.js throws from some of its promises' makers and rejects from others. */
async function roundTrip(connection: NatsConnection): Promise<void> {
  await connection.flush();
}
