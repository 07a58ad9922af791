import { type Code, ReeveError } from "@reeve/contract";
import type { CastEvent } from "./cast-rules.ts";

/** What a delivery came to, and why. */
export interface Delivery {
  readonly event: CastEvent;
  /** Of the error. */
  readonly reason: string | null;
  readonly message: string | null;
  /** It came to its handler: what it acknowledged is forgotten. */
  readonly heard?: boolean | undefined;
  /** The address that owns what the cast is about, where another was asked. */
  readonly owner?: string | undefined;
}

/** Codes that say that the call itself is wrong: it is the same at the next attempt. */
const hopeless: ReadonlySet<Code> = new Set(["INVALID_ARGUMENT", "PERMISSION_DENIED"]);

export const answered: Delivery = { event: "answered", reason: null, message: null, heard: true };

/** What an error of a delivery says of the cast: the one place that decides whether it is tried again. */
export function deliveryOf(error: unknown): Delivery {
  if (!(error instanceof ReeveError)) return { event: "unknown", reason: "UNDECLARED", message: String(error) };
  const { reason, message } = error;
  const owner = reason === "MOVED" ? ownerOf(error) : undefined;
  if (owner !== undefined) return { event: "moved", reason, message, owner };
  if (reason === "DUPLICATE_KEY") return repeated(error);
  return { event: eventOf(error), reason, message, heard: error.outcome === "executed" };
}

function eventOf({ code, outcome, retryable }: ReeveError): CastEvent {
  if (hopeless.has(code) && outcome !== "maybe-executed") return outcome === "executed" ? "rejected" : "barred";
  switch (outcome) {
    case "never-sent":
      return "absent";
    case "maybe-executed":
      return "unknown";
    case "not-executed":
      // What else kept it from running is of whoever was asked and of the moment: a deadline that was over, a successor, an older version.
      return code === "NOT_FOUND" && !retryable ? "barred" : "refused";
    case "executed":
      return retryable ? "failed" : "rejected";
  }
}

/** Its key is known, and no answer is kept under it. */
function repeated(error: ReeveError): Delivery {
  const { reason, message, retryable, data } = error;
  if (retryable) return { event: "running", reason, message };
  const { state } = (data ?? {}) as { readonly state?: unknown };
  // Recovery has finished its work, and a cast has no answer to miss.
  if (state === "ended") return answered;
  // It joined a run that was cut short. Whether that had committed anything, only the key tells: the next delivery asks.
  if (state === "interrupted") return { event: "unknown", reason, message };
  return { event: "rejected", reason, message };
}

function ownerOf({ data }: ReeveError): string | undefined {
  const { owner } = (data ?? {}) as { readonly owner?: unknown };
  return typeof owner === "string" ? owner : undefined;
}
