import type { HostNews, Interest } from "./news.ts";

/** What inspection needs of a transport. */
export interface FleetTransport {
  readonly connected: boolean;
  readonly maxPayloadBytes: number;
  /** A subject prefix only this client may subscribe under. */
  readonly inbox: string;
  publish(subject: string, data: Uint8Array, options?: { readonly reply?: string }): void;
  subscribe(subject: string, handler: (message: FleetMessage) => void): { unsubscribe(): void };
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
  /** Instances of which it missed something. */
  readonly refresh: readonly string[];
  /** Nobody looks any more. */
  readonly end?: true;
}

export const watchEveryMs = 2_000;
export const watchLeaseMs = 7_000;

export interface FleetSubjects {
  readonly watch: string;
  readonly allNews: string;
  news(instance: string): string;
}

/** @param namespace the first token of every subject. */
export function fleetSubjects(namespace: string): FleetSubjects {
  const root = `${namespace}.sys.inspect`;
  return {
    watch: `${root}.watch`,
    allNews: `${root}.news.*`,
    news: (instance) => `${root}.news.${instance}`,
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encode(message: WatchNotice | HostNews): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** The object that the bytes hold, or undefined when they hold none. */
export function decode(data: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(data));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
