import type { TransportAlarm } from "./alarm.ts";
import type { Denial, Denials } from "./denials.ts";
import type { ThreadTransport } from "./thread-transport.ts";

/** What a subscriber receives. */
export interface Message {
  readonly subject: string;
  /** May alias a larger receive buffer: copy what outlives the handler. */
  readonly data: Uint8Array;
  /** Where the sender awaits answers. */
  readonly reply?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The broker's notice, sent to a reply subject, that nobody subscribes to what was published. `data` is empty. */
  readonly noResponders: boolean;
}

/** Never runs on the publisher's stack. What it throws or rejects with becomes a `handler.failed` alarm and harms nobody else. */
export type MessageHandler = (message: Message) => void | PromiseLike<void>;

export interface Subscription {
  /** No further message is delivered once this returns. */
  unsubscribe(): void;
  /**
   * Stops new deliveries and resolves when the handlers of those already here have settled, asynchronous ones included.
   * A handler that never settles keeps it pending: race it against your own bound. Never rejects.
   */
  drain(): Promise<void>;
}

export interface PublishOptions {
  readonly reply?: string | undefined;
  /** Names of printable ASCII without a colon; values without line breaks, trimmed. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Nobody minds an empty message there: if the broker forbids it, one is sent now and then to see whether it still does. */
  readonly harmless?: boolean | undefined;
}

export interface SubscribeOptions {
  /** Members of one queue group share the messages: each goes to exactly one. */
  readonly queue?: string | undefined;
}

/**
 * Moves bytes between subjects: dot-separated tokens, `*` for one, `>` for the rest, as NATS has them.
 * At most once, in order per publisher and subject. A handler that throws harms nobody else.
 */
export interface Transport {
  /** Whether a publish would be handed to a live link now. */
  readonly connected: boolean;
  /** Largest message in bytes, headers included. */
  readonly maxPayloadBytes: number;
  /** The subject token this client ends its calls with, `anonymous` where none was given; a broker's publish permissions can enforce it. */
  readonly caller: string;
  /**
   * Takes this name where none was given; before anything is subscribed or connected. A supervisor gives its host's. Absent
   * where the name is fixed.
   */
  callAs?(caller: string): void;
  /** A subject prefix only this client may subscribe under; replies come there. No trailing dot. */
  readonly inbox: string;
  /**
   * How a thread makes a connection of its own to the same broker as the same caller. Absent, or undefined, where there is
   * no wire: then heartbeats come from the event loop, and a loop that is held up looks like a process that has ended.
   * Holds credentials, so it is a method: a transport that is printed shows none.
   */
  forThread?(): ThreadTransport | undefined;
  /**
   * Resolves once connected. Waits without end for a broker that is not up yet; `signal` ends the wait, not the attempts.
   *
   * @throws ReeveError `CANCELLED` when the signal aborts, `TRANSPORT_CLOSED`
   */
  connect(signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when it is known how the first attempts of {@link connect} went: connected, or each broker was tried once in
   * vain. Never rejects. Absent where nothing has to be reached.
   */
  attempted?(): Promise<void>;
  /** What the broker forbids this client. Absent where nobody forbids anything. */
  readonly denials?: Denials | undefined;
  /**
   * Whether the broker permits this client that, found out by trying it with nothing: an empty message, or a subscription
   * that ends at once. A refusal is no denial and no alarm. Absent where nobody forbids anything.
   *
   * @throws ReeveError `LINK_LOST`, `DEADLINE_EXCEEDED` or `TRANSPORT_CLOSED` when the broker does not say
   */
  permits?(right: Denial): Promise<boolean>;
  /**
   * `data` belongs to the transport from here on: do not change it afterwards.
   *
   * @throws ReeveError `LINK_LOST` with outcome `never-sent` while not connected, `LINK_SATURATED`, `PAYLOAD_TOO_LARGE`,
   * `TRANSPORT_CLOSED`, or `INVALID_OPTION` for a malformed subject or header
   */
  publish(subject: string, data: Uint8Array, options?: PublishOptions): void;
  /**
   * Holds until it is ended, across lost links; may be made before the first {@link connect}.
   *
   * @throws ReeveError `TRANSPORT_CLOSED`, or `INVALID_OPTION` for a malformed subject or queue
   */
  subscribe(subject: string, handler: MessageHandler, options?: SubscribeOptions): Subscription;
  /**
   * Resolves when the broker has taken everything published so far, and what this client's own subscriptions got from that was handed over.
   *
   * @throws ReeveError `LINK_LOST` when the link is down or breaks first, `DEADLINE_EXCEEDED` when the broker does not confirm in time, `TRANSPORT_CLOSED`
   */
  flush(): Promise<void>;
  /** Told at every change of {@link connected}. Returns how to stop listening. */
  onLink(listener: (connected: boolean) => void): () => void;
  /** Told what no caller can be told: see {@link TransportAlarm}. While nobody listens, alarms are process warnings. Returns how to stop listening. */
  onAlarm(listener: (alarm: TransportAlarm) => void): () => void;
  /** Flushes what it can within a second and closes. Idempotent, never rejects. */
  close(): Promise<void>;
}
