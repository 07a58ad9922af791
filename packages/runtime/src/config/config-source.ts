import { ReeveError, reeveError, type Schema } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import type { Clock } from "../base/clock.ts";
import { briefly, hideSecrets } from "./hide-secrets.ts";

/** Where configuration comes from: the value itself, or a function that is asked again at each reset. */
export type ConfigSource<T> = T | ((context: { readonly signal: AbortSignal }) => T | Promise<T>);

export interface ConfigOptions<T> {
  /** What errors call it. Default `config`. */
  readonly name?: string | undefined;
  readonly source: ConfigSource<T>;
  /** What it must satisfy; its output, defaults filled in, is the configuration. */
  readonly schema?: Schema | undefined;
  readonly clock: Clock;
  /** How long one read may take: a source that hangs must not hold up every later reset. Default 30 s. */
  readonly readTimeoutMs?: number | undefined;
  /** Ends reads when the owner stops. */
  readonly signal?: AbortSignal | undefined;
  /** Kept up to date. One that is there already stands in for a first read that fails. Default: none. */
  readonly lastGood?: LastGood<T>;
  /** The first read has failed, and the last good one stands in for it. */
  onRefused?(error: ReeveError): void;
}

/** Where the last good configuration outlives its reader. */
export interface LastGood<T> {
  read: { readonly value: T } | undefined;
}

/** The configuration in force, and how to read it again. */
export interface Config<T> {
  /** The last one that was read and found good; the same object until a reload replaces it. */
  readonly current: T;
  /**
   * Reads, validates, then swaps; the old one stays in force when anything fails. Reloads asked for while one is reading
   * share a single further read, so the last state of the source always wins.
   *
   * @throws ReeveError `INVALID_OPTION`: with `data.issues` when the new one is bad, with the source's error as `cause`
   *   when it cannot be read
   */
  reload(): Promise<T>;
}

/**
 * Reads a configuration for the first time; one of {@link ConfigOptions.lastGood} stays in force when it cannot be read.
 *
 * @throws ReeveError `INVALID_OPTION` as {@link Config.reload} does
 */
export async function openConfig<T>(options: ConfigOptions<T>): Promise<Config<T>> {
  const { lastGood = { read: undefined } } = options;
  let current = await first(options);
  lastGood.read = { value: current };
  let reading: Promise<T> | undefined;
  let next: Promise<T> | undefined;

  async function swap(): Promise<T> {
    try {
      current = await read(options);
      lastGood.read = { value: current };
      return current;
    } finally {
      reading = undefined;
    }
  }

  return {
    get current() {
      return current;
    },
    reload() {
      if (!reading) {
        reading = swap();
        return reading;
      }
      next ??= reading
        .catch(() => {})
        .then(() => {
          next = undefined;
          reading = swap();
          return reading;
        });
      return next;
    },
  };
}

async function first<T>(options: ConfigOptions<T>): Promise<T> {
  try {
    return await read(options);
  } catch (error) {
    const { lastGood, signal, name = "config", onRefused } = options;
    if (!lastGood?.read || signal?.aborted) throw error;
    onRefused?.(refusalOf(name, error));
    return lastGood.read.value;
  }
}

/** A schema of the user's may throw what it likes. */
export function refusalOf(name: string, error: unknown): ReeveError {
  if (error instanceof ReeveError) return error;
  return unreadable(name, "", error);
}

/** @throws ReeveError `INVALID_OPTION` that tells no secret of what is there, nor of what was */
async function read<T>(options: ConfigOptions<T>): Promise<T> {
  const { schema, lastGood, name = "config" } = options;
  const seen: unknown[] = [lastGood?.read?.value];
  try {
    return await readInTime(options, seen);
  } catch (error) {
    throw hideSecrets(refusalOf(name, error), schema, seen);
  }
}

/** @param seen what was read is added to it */
async function readInTime<T>(
  { name = "config", source, schema, ...bounds }: ConfigOptions<T>,
  seen: unknown[],
): Promise<T> {
  const { clock, readTimeoutMs = 30_000, signal: owner } = bounds;
  const controller = new AbortController();
  const stop = () => controller.abort(owner!.reason);
  if (owner?.aborted) stop();
  owner?.addEventListener("abort", stop, { once: true });
  const timer = clock.setTimeout(() => {
    controller.abort(reeveError("INVALID_OPTION", `${name}: its source gave nothing within ${readTimeoutMs} ms`));
  }, readTimeoutMs);
  try {
    return await Promise.race([readOnce(name, source, schema, controller.signal, seen), aborted(controller.signal)]);
  } finally {
    clock.clearTimeout(timer);
    owner?.removeEventListener("abort", stop);
  }
}

async function readOnce<T>(
  name: string,
  source: ConfigSource<T>,
  schema: Schema | undefined,
  signal: AbortSignal,
  seen: unknown[],
) {
  const value = await ask(name, source, signal);
  seen.push(value);
  if (!schema) return value;
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value as T;
  const issues = issuesOf(result.issues);
  throw reeveError("INVALID_OPTION", `${name}: ${describeIssues(issues)}`, { data: { issues } });
}

async function ask<T>(name: string, source: ConfigSource<T>, signal: AbortSignal): Promise<T> {
  if (typeof source !== "function") return source;
  try {
    return await (source as (context: { signal: AbortSignal }) => T | Promise<T>)({ signal });
  } catch (cause) {
    if (cause instanceof ReeveError) throw cause;
    throw unreadable(name, "its source failed: ", cause);
  }
}

/** Its cause says whole what is said briefly here. */
function unreadable(name: string, what: string, cause: unknown): ReeveError {
  const why = briefly(cause);
  return reeveError("INVALID_OPTION", `${name}: ${what}${why}`, why === String(cause) ? { cause } : {});
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
