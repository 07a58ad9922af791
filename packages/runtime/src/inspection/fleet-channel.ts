import { type GossipSubjects, gossipSubjects } from "../gossip/index.ts";
import type { Interest } from "./news.ts";

/** What inspection needs of a transport. */
export interface FleetTransport {
  readonly connected: boolean;
  readonly maxPayloadBytes: number;
  /** The subject token that this client's own subjects end with. */
  readonly caller: string;
  /** A subject prefix only this client may subscribe under. */
  readonly inbox: string;
  publish(subject: string, data: Uint8Array, options?: { readonly reply?: string; readonly harmless?: boolean }): void;
  subscribe(subject: string, handler: (message: FleetMessage) => void): { unsubscribe(): void };
  /** Resolves when the broker has confirmed what was published, and what came before that was handed over. */
  flush(): Promise<void>;
  /** Told at every change of {@link connected}. Returns how to stop listening. */
  onLink(listener: (connected: boolean) => void): () => void;
}

export interface FleetMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
  readonly noResponders: boolean;
}

/** A watcher says this every {@link watchEveryMs} while somebody looks; a feed forgets it after {@link watchLeaseMs}. */
export interface WatchNotice {
  readonly watcher: string;
  readonly interest: Interest;
  /** Nobody looks any more. */
  readonly end?: true;
}

export const watchEveryMs = 2_000;
export const watchLeaseMs = 7_000;

export const newsType = "reeve.inspection.v1";

/** @param namespace the first token of every subject. */
export function fleetSubjects(namespace: string): GossipSubjects {
  return gossipSubjects(namespace, "inspection");
}

const encoder = new TextEncoder();

export function encode(message: WatchNotice): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}
