import { readJson, readText, readWhole } from "../../gossip/index.ts";

export const aliveType = "reeve.alive.v1";

/** A sender that promises less than a heartbeat a minute would be waited for too long. */
export const maxEveryMs = 60_000;

/** A heartbeat: the process lives. What it serves is told apart from it, by an event loop that may be held up. */
export interface Alive {
  /** One life of one process. */
  readonly sender: string;
  /** Higher than that of each heartbeat of this sender before. */
  readonly sequence: number;
  /** The sender's longest silence, in milliseconds. */
  readonly everyMs: number;
  /** How long its event loop has been held up, in milliseconds. */
  readonly lagMs: number;
}

/** Where a process says that it lives. */
export function aliveSubject(namespace: string, sender: string): string {
  return `${namespace}.sys.alive.${sender}`;
}

export function encodeAlive({ sender, sequence, everyMs, lagMs }: Alive): Uint8Array {
  const text = JSON.stringify({ type: aliveType, sender, sequence, everyMs, lagMs: Math.round(lagMs) });
  return new TextEncoder().encode(text);
}

/** `undefined` for a type that this version does not know. @throws ReeveError `MALFORMED_FRAME` naming what is wrong */
export function decodeAlive(data: Uint8Array): Alive | undefined {
  const { type, sender, sequence, everyMs, lagMs } = readJson(data);
  if (type !== aliveType) return undefined;
  return {
    sender: readText("sender", sender),
    sequence: readWhole("sequence", sequence, 1),
    everyMs: readWhole("everyMs", everyMs, 1, maxEveryMs),
    lagMs: readWhole("lagMs", lagMs, 0),
  };
}
