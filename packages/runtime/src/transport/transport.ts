/** What a subscriber receives. */
export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Where the sender awaits answers. */
  readonly reply?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The broker's notice, sent to a reply subject, that nobody subscribes to what was published. `data` is empty. */
  readonly noResponders: boolean;
}

export interface Subscription {
  /** No further message is delivered once this returns. */
  unsubscribe(): void;
  /** Stops new deliveries and resolves when those already here were handed over. */
  drain(): Promise<void>;
}

export interface PublishOptions {
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SubscribeOptions {
  /** Members of one queue group share the messages: each goes to exactly one. */
  readonly queue?: string;
}

/**
 * Moves bytes between subjects: dot-separated tokens, `*` for one, `>` for the rest, as NATS has them.
 * At most once, in order per publisher and subject. A handler that throws harms nobody else.
 */
export interface Transport {
  /** Whether a publish would be handed to a live link now. */
  readonly connected: boolean;
  /** Largest message in bytes. */
  readonly maxPayloadBytes: number;
  /** A subject prefix only this client may subscribe under; replies come there. No trailing dot. */
  readonly inbox: string;
  /** Resolves once connected. Waits without end for a broker that is not up yet; `signal` ends the wait. */
  connect(signal?: AbortSignal): Promise<void>;
  /**
   * @throws ReeveError `LINK_LOST` with outcome `never-sent` while not connected, `PAYLOAD_TOO_LARGE`, or `TRANSPORT_CLOSED`
   */
  publish(subject: string, data: Uint8Array, options?: PublishOptions): void;
  subscribe(subject: string, handler: (message: Message) => void, options?: SubscribeOptions): Subscription;
  /** Resolves when the broker has taken everything published so far; rejects with `LINK_LOST` when the link breaks first. */
  flush(): Promise<void>;
  /** Told at every change of {@link connected}. Returns how to stop listening. */
  onLink(listener: (connected: boolean) => void): () => void;
  /** Flushes what it can within a second and closes. Idempotent. */
  close(): Promise<void>;
}
