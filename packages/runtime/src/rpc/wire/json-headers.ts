import { durationMs } from "@reeve/contract";
import { isIdempotencyKey, longestIdempotencyKey } from "../idempotency-key.ts";
import { type CallMeta, readMeta } from "./call-meta.ts";
import { malformed } from "./msgpack.ts";

/** What the headers of a JSON call say. */
export interface JsonHeaders {
  /** Undefined: as long as the operation says. */
  readonly timeoutMs: number | undefined;
  /** Milliseconds of the sender's monotonic clock. */
  readonly sentAt: number | undefined;
  /** Where the caller listens for as long as it wants an answer. */
  readonly heartbeats: string | undefined;
  readonly meta: CallMeta;
}

type Headers = Readonly<Record<string, string>>;

/** @throws ReeveError `MALFORMED_FRAME`, or `INVALID_OPTION` for a timeout that is no duration */
export function readJsonHeaders(headers: Headers = {}): JsonHeaders {
  const timeout = headers["Reeve-Timeout"];
  return {
    timeoutMs: timeout === undefined ? undefined : durationMs("Reeve-Timeout", timeoutOf(timeout)),
    sentAt: readSentAt(headers["Reeve-Sent-At"]),
    heartbeats: readHeartbeats(headers["Reeve-Heartbeats"]),
    meta: readJsonMeta(headers),
  };
}

function readJsonMeta(headers: Headers): CallMeta {
  const principal = headers["Reeve-Principal"];
  const key = headers["Reeve-Idempotency-Key"];
  if (key !== undefined && !isIdempotencyKey(key)) {
    const { length } = key as string;
    throw malformed(`Reeve-Idempotency-Key: expected text of 1 to ${longestIdempotencyKey} characters, got ${length}`);
  }
  return readMeta({
    key,
    request: headers["Reeve-Request-Id"],
    trace: headers.traceparent,
    principal: principal === undefined ? undefined : parsePrincipal(principal),
    acknowledges: headers["Reeve-Acknowledges"]?.split(/\s*,\s*/),
  });
}

function readSentAt(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const sentAt = Number(text);
  if (text.trim() !== "" && Number.isFinite(sentAt)) return sentAt;
  throw malformed("Reeve-Sent-At: expected milliseconds");
}

/** A server that published wherever it is told would do so with its own rights. */
function readHeartbeats(subject: string | undefined): string | undefined {
  if (subject === undefined || /^_INBOX(?:\.[^\s.*>]+)+$/.test(subject)) return subject;
  throw malformed("Reeve-Heartbeats: expected a subject under _INBOX.");
}

function parsePrincipal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("Reeve-Principal: expected JSON text");
  }
}

/** Milliseconds where it is a bare number. */
function timeoutOf(text: string): Parameters<typeof durationMs>[1] {
  return (/^\d+$/.test(text) ? Number(text) : text) as Parameters<typeof durationMs>[1];
}
