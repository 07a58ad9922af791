import { createHash } from "node:crypto";
import { FairMap } from "../../../base/fair-map.ts";
import type { Message } from "../../../transport/transport.ts";

/** Calls that are remembered, of one caller and in all. */
const maxCallsPerCaller = 1_024;
const maxCalls = 4_096;
/** A larger answer is not kept, only that there was one. */
const longestKept = 65_536;

/** What a JSON call was answered with. */
export interface JsonAnswer {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A JSON call that came: it runs, it was answered, or its answer was too large to keep. */
export interface JsonRecord {
  state: "runs" | "forgotten" | JsonAnswer;
}

/**
 * The JSON calls that came lately. They have no number: one that comes again is the same message with the same reply subject.
 * Bounded for each caller and in all; those that run stay.
 */
export class JsonCalls {
  readonly #records = new FairMap<JsonRecord>({
    inAll: maxCalls,
    perOwner: maxCallsPerCaller,
    mayGo: ({ state }) => state !== "runs",
  });

  /** The same call, where it came before. */
  earlier(id: string): JsonRecord | undefined {
    return this.#records.get(id);
  }

  begin(id: string, caller: string): JsonRecord {
    const record: JsonRecord = { state: "runs" };
    this.#records.set(id, caller, record);
    return record;
  }
}

export function keptAnswer(answer: JsonAnswer): JsonRecord["state"] {
  return answer.body.length > longestKept ? "forgotten" : answer;
}

/** Identifies a call that wants an answer. */
export function jsonCallId({ subject, reply, headers = {}, data }: Message): string | undefined {
  if (reply === undefined) return undefined;
  const hash = createHash("sha256")
    .update(JSON.stringify([subject, Object.entries(headers).sort()]))
    .update(data);
  return `${reply} ${hash.digest("base64")}`;
}
