import { type Duration, durationMs, reeveError } from "@reeve/contract";
import type { Random } from "@reeve/runtime/transport";
import { type CapacityReader, readCapacity } from "./capacity.ts";
import { builtInFilters, type HostFilter, type RowFilter, rowFilter } from "./filters.ts";
import { builtInWeighers, type HostWeigher, type Multipliers, type RowWeigher, rowWeigher } from "./weighers.ts";

export interface SchedulerOptions {
  /** More filters; every one must accept a host. */
  readonly filters?: readonly HostFilter[];
  /** More weighers. */
  readonly weighers?: readonly HostWeigher[];
  /** How much the built-in weighers count. */
  readonly multipliers?: Multipliers;
  /** By manager: how its capabilities are read. Default: what `readCapacity` understands. */
  readonly capacity?: Readonly<Record<string, CapacityReader>>;
  /** Measurements older than this are ignored as stale. The same for schedulers that share a store. Default `"3m"`. */
  readonly maxAge?: Duration;
  /** A host whose supervisor was not heard of for longer is down. Default `"30s"`: three missed messages. */
  readonly downAfter?: Duration;
  /** How long a reservation stands that is never confirmed or released. Default `"15m"`. */
  readonly holdFor?: Duration;
  /** How long after a manager's first report its others are awaited. Default `"200ms"`. */
  readonly gather?: Duration;
  /**
   * How long a placement waits for hosts whose reset is all that keeps it from them; `0` for not at all. Default `"45s"`: a
   * reset that hangs has failed by then, and who waits by default is answered before its deadline.
   */
  readonly resetTimeout?: Duration;
  /**
   * How long a placement waits for news of hosts that would fit but are silent, starting, or measured too long ago, or when all
   * hosts of a manager have gone; `0` for not at all. Default `"15s"`. It never waits past its caller's deadline.
   */
  readonly reportTimeout?: Duration;
  /** Placements that may wait, for reports or for resets. Default 1024. */
  readonly maxWaiting?: number;
  /** How many placements can be explained. Default 200. */
  readonly explained?: number;
  /** Draws among equally good hosts. Default `Math.random`. */
  readonly random?: Random;
}

export interface CompiledSchedulerOptions {
  readonly filters: readonly RowFilter[];
  readonly weighers: readonly RowWeigher[];
  readonly capacityOf: (manager: string) => CapacityReader;
  readonly maxAgeMs: number;
  readonly downAfterMs: number;
  readonly holdMs: number;
  readonly gatherMs: number;
  readonly resetTimeoutMs: number;
  readonly reportTimeoutMs: number;
  readonly maxWaiting: number;
  readonly explained: number;
  readonly random: Random;
}

const names = [
  "filters",
  "weighers",
  "multipliers",
  "capacity",
  "maxAge",
  "downAfter",
  "holdFor",
  "gather",
  "resetTimeout",
  "reportTimeout",
  "maxWaiting",
  "explained",
  "random",
];

/** @throws ReeveError `INVALID_OPTION` naming the option and the value */
export function compileSchedulerOptions(options: SchedulerOptions = {}): CompiledSchedulerOptions {
  if (typeof options !== "object" || options === null) refuse(`expected an object of options, got ${String(options)}`);
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) refuse(`unknown option ${JSON.stringify(name)}; known are ${names.join(", ")}`);
  }
  const limits = {
    downAfterMs: duration("downAfter", options.downAfter, "30s"),
    maxAgeMs: duration("maxAge", options.maxAge, "3m"),
  };
  return {
    ...limits,
    filters: allFilters(builtInFilters(limits), options.filters ?? []),
    weighers: allWeighers(builtInWeighers(multipliers(options.multipliers ?? {})), options.weighers ?? []),
    capacityOf: readers(options.capacity ?? {}),
    holdMs: duration("holdFor", options.holdFor, "15m"),
    gatherMs: duration("gather", options.gather, "200ms", 0),
    resetTimeoutMs: duration("resetTimeout", options.resetTimeout, "45s", 0),
    reportTimeoutMs: duration("reportTimeout", options.reportTimeout, "15s", 0),
    maxWaiting: whole("maxWaiting", options.maxWaiting, 1024),
    explained: whole("explained", options.explained, 200),
    random: callable("random", options.random ?? Math.random),
  };
}

function allFilters(builtIn: readonly RowFilter[], added: readonly HostFilter[]): readonly RowFilter[] {
  distinct("filters", [...builtIn, ...list("filters", added)]);
  for (const [index, { accepts, pure }] of added.entries()) {
    callable(`filters[${index}].accepts`, accepts);
    yesOrNo(`filters[${index}].pure`, pure);
  }
  return [...builtIn, ...added.map(rowFilter)];
}

function allWeighers(builtIn: readonly RowWeigher[], added: readonly HostWeigher[]): readonly RowWeigher[] {
  distinct("weighers", [...builtIn, ...list("weighers", added)]);
  for (const [index, { weigh, multiplier, pure }] of added.entries()) {
    callable(`weighers[${index}].weigh`, weigh);
    finite(`weighers[${index}].multiplier`, multiplier);
    yesOrNo(`weighers[${index}].pure`, pure);
  }
  return [...builtIn, ...added.map(rowWeigher)];
}

function multipliers(given: Multipliers): Multipliers {
  const known = builtInWeighers().map(({ name }) => name);
  for (const [name, multiplier] of Object.entries(given)) {
    if (!known.includes(name))
      refuse(`multipliers: unknown weigher ${JSON.stringify(name)}; known are ${known.join(", ")}`);
    finite(`multipliers.${name}`, multiplier);
  }
  return given;
}

function readers(capacity: Readonly<Record<string, CapacityReader>>): (manager: string) => CapacityReader {
  if (typeof capacity !== "object" || capacity === null)
    refuse(`capacity: expected an object of functions, got ${String(capacity)}`);
  for (const [manager, read] of Object.entries(capacity)) callable(`capacity.${manager}`, read);
  const byManager = new Map(Object.entries(capacity));
  return (manager) => byManager.get(manager) ?? readCapacity;
}

function list<T>(field: string, value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : refuse(`${field}: expected an array, got ${String(value)}`);
}

function distinct(field: string, items: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const item of items) {
    const name: unknown = item?.name;
    if (typeof name !== "string" || name === "") refuse(`${field}: expected a name for each`);
    if (seen.has(name as string)) refuse(`${field}: ${JSON.stringify(name)} is there twice; choose another name`);
    seen.add(name as string);
  }
}

function callable<F>(field: string, value: F): F {
  return typeof value === "function" ? value : refuse(`${field}: expected a function, got ${String(value)}`);
}

function yesOrNo(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean")
    refuse(`${field}: expected true or false, got ${String(value)}`);
}

function finite(field: string, value: unknown): void {
  if (!Number.isFinite(value)) refuse(`${field}: expected a finite number, got ${String(value)}`);
}

function duration(field: string, value: Duration | undefined, fallback: Duration, leastMs = 1): number {
  const ms = durationMs(`createSchedulerManager: ${field}`, value ?? fallback);
  return ms >= leastMs ? ms : refuse(`${field}: expected more than 0, got ${JSON.stringify(value)}`);
}

function whole(field: string, value: number | undefined, fallback: number): number {
  const given = value ?? fallback;
  return Number.isSafeInteger(given) && given >= 1
    ? given
    : refuse(`${field}: expected a whole number from 1, got ${String(value)}`);
}

function refuse(message: string): never {
  throw reeveError("INVALID_OPTION", `createSchedulerManager: ${message}`);
}
