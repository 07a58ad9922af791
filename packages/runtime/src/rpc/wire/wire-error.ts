import { codes, type Outcome, ReeveError } from "@reeve/contract";
import { withoutStack } from "../../base/without-stack.ts";
import { malformed } from "./msgpack.ts";

const outcomes: readonly Outcome[] = ["never-sent", "not-executed", "maybe-executed", "executed"];
const reasonPattern = /^[A-Z][A-Z0-9_]{0,62}$/;
const longestMessage = 4_096;

/** What crosses the wire of an error: its stack and cause stay at home. */
export function errorToWire({ code, reason, message, outcome, retryable, data, address }: ReeveError): object {
  return { code, reason, message: message.slice(0, longestMessage), outcome, retryable, data, address };
}

/** Makes the error again on the caller's side. @throws ReeveError `MALFORMED_FRAME` */
export function errorFromWire(value: unknown): ReeveError {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("an error is no map");
  const { code, reason, message, outcome, retryable, data, address } = value as Record<string, unknown>;
  const known = codes.find((name) => name === code);
  const told = outcomes.find((name) => name === outcome);
  if (known === undefined) throw malformed("error.code is no gRPC status name");
  if (told === undefined) throw malformed("error.outcome is none of the four");
  if (typeof reason !== "string" || !reasonPattern.test(reason)) throw malformed("error.reason is malformed");
  if (typeof message !== "string") throw malformed("error.message is no text");
  const error = {
    code: known,
    reason,
    message: message.slice(0, longestMessage),
    outcome: told,
    retryable: retryable === true,
    data: data ?? undefined,
    address: typeof address === "string" ? address.slice(0, 256) : undefined,
  };
  return withoutStack(() => new ReeveError(error));
}
