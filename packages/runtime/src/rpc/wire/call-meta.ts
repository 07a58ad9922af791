import { isTraceparent } from "../../telemetry/observing.ts";
import { isCastId, longestCastId, maxAcknowledgedCasts } from "../cast-key.ts";
import { longestIdempotencyKey } from "../idempotency-key.ts";
import { longestText, maxRoles } from "./limits.ts";
import { malformed } from "./msgpack.ts";

/** Longest chain of calls that is told on the wire, and accepted. */
export const maxChain = 64;

/** On whose behalf a call is made, on the wire. */
export interface WirePrincipal {
  readonly user: string;
  readonly tenant?: string;
  readonly roles: readonly string[];
}

/** `[manager/address]`, and the lane it holds there. */
export type WireLink = readonly [key: string, lane?: string];

/** What goes with a call where there is something to say. */
export interface CallMeta {
  readonly key?: string;
  readonly request?: string;
  readonly principal?: WirePrincipal;
  /** In W3C trace context: a `traceparent`. */
  readonly trace?: string;
  /** The calls that await this one, the nearest first. */
  readonly chain?: readonly WireLink[];
  /** Says that it does not wait for a manager that is not serving. */
  readonly waits?: false;
  /** Ids of durable casts that the caller keeps no more. Only with a key: it goes with a delivery. */
  readonly acknowledges?: readonly string[];
}

const none: CallMeta = Object.freeze({});

/** @throws ReeveError `MALFORMED_FRAME` */
export function readMeta(value: unknown): CallMeta {
  if (value === null || value === undefined) return none;
  const { key, request, trace, principal, chain, waits, acknowledges } = record("meta", value);
  if (acknowledges !== undefined && key === undefined)
    throw malformed("meta.acknowledges: expected beside meta.key, with the delivery of a durable cast");
  return {
    ...(key === undefined ? {} : { key: text("meta.key", key, longestIdempotencyKey) }),
    ...(request === undefined ? {} : { request: text("meta.request", request) }),
    ...(trace === undefined ? {} : { trace: readTrace(trace) }),
    ...(principal === undefined ? {} : { principal: readPrincipal(principal) }),
    ...(chain === undefined ? {} : { chain: list("meta.chain", chain, maxChain).map(readLink) }),
    ...(waits === false ? { waits: false as const } : {}),
    ...(acknowledges === undefined ? {} : { acknowledges: readAcknowledges(acknowledges) }),
  };
}

/** @throws ReeveError `MALFORMED_FRAME` */
export function readPrincipal(value: unknown): WirePrincipal {
  const { user, tenant, roles = [] } = record("principal", value);
  return {
    user: text("principal.user", user),
    ...(tenant === undefined || tenant === null ? {} : { tenant: text("principal.tenant", tenant) }),
    roles: list("principal.roles", roles, maxRoles).map((role) => text("principal.roles", role)),
  };
}

function readAcknowledges(value: unknown): readonly string[] {
  return list("meta.acknowledges", value, maxAcknowledgedCasts).map((id) => {
    if (isCastId(id)) return id;
    const shown = typeof id === "string" ? `${id.length} characters` : typeof id;
    throw malformed(
      `meta.acknowledges: expected ids of 1 to ${longestCastId} letters, digits, "_" and "-", got ${shown}`,
    );
  });
}

function readTrace(value: unknown): string {
  if (isTraceparent(value)) return value;
  const shown = typeof value === "string" ? `${value.length} characters` : typeof value;
  throw malformed(`meta.trace: expected a traceparent of W3C trace context, version 00, got ${shown}`);
}

function readLink(value: unknown): WireLink {
  const [key, lane] = list("meta.chain", value, 2);
  const manager = text("meta.chain", key);
  return lane === undefined || lane === null ? [manager] : [manager, text("meta.chain", lane)];
}

function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(`${field} is no map`);
  return value as Record<string, unknown>;
}

function list(field: string, value: unknown, longest: number): readonly unknown[] {
  if (Array.isArray(value) && value.length <= longest) return value;
  throw malformed(`${field} is no array of at most ${longest}`);
}

function text(field: string, value: unknown, longest = longestText): string {
  if (typeof value === "string" && value !== "" && value.length <= longest) return value;
  const shown = typeof value === "string" ? `${value.length} characters` : typeof value;
  throw malformed(`${field}: expected text of 1 to ${longest} characters, got ${shown}`);
}
