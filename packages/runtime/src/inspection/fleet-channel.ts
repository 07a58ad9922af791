import { type GossipSubjects, gossipSubjects } from "../gossip/index.ts";
import type { HostQuestion, Interest } from "./news.ts";

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

export type FleetAnswer =
  | { readonly value: unknown }
  | { readonly error: { readonly reason: string; readonly message: string } };

export const watchEveryMs = 2_000;
export const watchLeaseMs = 7_000;

export const newsType = "reeve.inspection.v1";

export interface FleetSubjects extends GossipSubjects {
  /** Where one instance is asked. @param asker the caller token of who asks; `*`: whoever does */
  ask(instance: string, asker: string): string;
}

/** @param namespace the first token of every subject. */
export function fleetSubjects(namespace: string): FleetSubjects {
  return {
    ...gossipSubjects(namespace, "inspection"),
    ask: (instance, asker) => `${namespace}.sys.inspect.ask.${instance}.${asker}`,
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encode(message: WatchNotice | HostQuestion | FleetAnswer): Uint8Array {
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
