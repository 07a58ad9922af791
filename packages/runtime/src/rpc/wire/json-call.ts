import { type Code, type ReeveError, reeveError } from "@reeve/contract";
import { maxDepth, maxElements } from "./limits.ts";
import { errorToWire } from "./wire-error.ts";

/** The first byte of a JSON call; an envelope's is its version. */
export const jsonByte = 0x7b;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** HTTP's numbers for gRPC's names, as its transcoding has them: what `nats` tools show. */
const statuses: Readonly<Record<Code, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** @throws ReeveError `MALFORMED_FRAME` when it is no JSON text, nested too deep or too large; quotes nothing of it */
export function parseJsonCall(data: Uint8Array): unknown {
  const problem = scanJson(data);
  if (problem !== undefined) throw refuse(problem);
  try {
    return JSON.parse(decoder.decode(data), dropProto);
  } catch {
    throw refuse("no JSON text");
  }
}

/** What a value looks like as a JSON answer. An operation without output answers `null`. */
export function jsonAnswer(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value ?? null));
}

/** Body and headers of a JSON error answer, as NATS services have them. */
export function jsonError(error: ReeveError): { readonly body: Uint8Array; readonly headers: Record<string, string> } {
  return {
    body: Buffer.from(JSON.stringify(errorToWire(error))),
    headers: {
      "Nats-Service-Error": oneLine(error.message),
      "Nats-Service-Error-Code": String(statuses[error.code]),
      "Reeve-Code": error.code,
      "Reeve-Reason": error.reason,
      "Reeve-Outcome": error.outcome,
    },
  };
}

/** Headers are one line each. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, 512);
}

/** A recursive reader of deep JSON overflows the stack long after `JSON.parse` has taken it. */
function scanJson(data: Uint8Array): string | undefined {
  let depth = 0;
  let values = 0;
  let quoted = false;
  for (let at = 0; at < data.length; at++) {
    const byte = data[at]!;
    if (quoted) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b || byte === 0x5b) {
      values++;
      if (++depth > maxDepth) return `nested more than ${maxDepth} deep`;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if ((byte === 0x2c || byte === 0x3a) && ++values > maxElements) return `more than ${maxElements} values`;
  }
  return undefined;
}

function dropProto(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new TypeError("refused");
  return value;
}

function refuse(problem: string): ReeveError {
  return reeveError("MALFORMED_FRAME", `the message is no JSON call: ${problem}; see docs/wire.md`);
}
