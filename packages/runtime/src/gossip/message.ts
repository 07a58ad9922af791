import { type Fields, readFields, readFlag, readJson, readList, readText, readWhole } from "./fields.ts";

/** What a message takes beside its entries, at most. */
export const headBytes = 512;

/** What every message of gossip says of itself. */
export interface GossipHead {
  /** One life of one process: a name. */
  readonly sender: string;
  readonly host: string;
  /**
   * Counts what the sender has told everybody: 1 for the first telling, one more for each that follows. An answer has the number
   * of the last telling before it, 0 where there was none.
   */
  readonly sequence: number;
  /** A telling that no single message can hold comes in parts, which share its number. */
  readonly part: Part;
  /** It names everything the sender has: what is in none of its parts is gone. Otherwise the rest is as before. */
  readonly whole: boolean;
  /** The sender stops: nothing follows. */
  readonly last: boolean;
}

export interface Part {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
}

export interface GossipMessage extends GossipHead {
  /** As they came: nothing of them has been looked at. */
  readonly entries: readonly unknown[];
  /** The whole message, for what a topic tells beside its entries. */
  readonly fields: Fields;
}

const encoder = new TextEncoder();

/**
 * @param entries as JSON texts, so that their size is known before they are put into a message
 * @param more what a topic tells beside its entries
 */
export function encodeGossip(
  type: string,
  head: GossipHead,
  entries: readonly string[],
  more: Fields = {},
): Uint8Array {
  const { sender, host, sequence, part, whole, last } = head;
  const text = JSON.stringify({
    ...{ type, sender, host, sequence },
    part: part.parts > 1 ? part : undefined,
    whole: whole || undefined,
    last: last || undefined,
    ...more,
  });
  return encoder.encode(`${text.slice(0, -1)},"entries":[${entries.join(",")}]}`);
}

/** `undefined` for a type that this version does not know. @throws ReeveError `MALFORMED_FRAME` naming what is wrong */
export function decodeGossip(type: string, data: Uint8Array): GossipMessage | undefined {
  const fields = readJson(data);
  if (readText("type", fields.type, /^[a-z.0-9]{1,64}$/) !== type) return undefined;
  return {
    sender: readText("sender", fields.sender),
    host: readText("host", fields.host),
    sequence: readWhole("sequence", fields.sequence, 0),
    part: fields.part === undefined ? { part: 1, parts: 1 } : readPart(readFields("part", fields.part)),
    whole: readFlag("whole", fields.whole),
    last: readFlag("last", fields.last),
    entries: readList("entries", fields.entries),
    fields,
  };
}

function readPart(value: Fields): Part {
  const parts = readWhole("part.parts", value.parts, 1);
  return { part: readWhole("part.part", value.part, 1, parts), parts };
}
