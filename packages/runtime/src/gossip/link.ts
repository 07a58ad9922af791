/** What gossip needs of a transport. */
export interface GossipLink {
  /** The subject token that this process's own subjects end with. */
  readonly caller: string;
  readonly maxPayloadBytes: number;
  publish(subject: string, data: Uint8Array, options?: { readonly harmless?: boolean }): void;
  subscribe(subject: string, handler: (message: GossipDelivery) => void): { unsubscribe(): void };
  onLink(listener: (connected: boolean) => void): () => void;
}

/** A message as a transport delivers it. */
export interface GossipDelivery {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
}
