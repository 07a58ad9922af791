import { ReeveError, type Schema } from "@reeve/contract";
import { secretNames } from "@reeve/contract/internal";

/** Shorter text stands in messages by chance. */
const shortestSecret = 4;

/**
 * What may be said of why something could not be read. Parsers quote what they read: V8 the text around an error, others the
 * line, below their message.
 */
export function briefly(cause: unknown): string {
  return String(cause)
    .replace(/(, )?(\.\.\.)?".*"(\.\.\.)? is not valid JSON/s, ": not valid JSON")
    .replace(/\n.*/s, "");
}

/** Redacts in text what stands in these values under one of these names, where that is four characters or longer. */
export function hiderOf(names: ReadonlySet<string>, values: readonly unknown[]): (text: string) => string {
  const secrets = new Set<string>();
  for (const value of values) collect(value, names, false, secrets);
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((left, each) => left.replaceAll(each, "[redacted]"), text);
}

/** The error without the values that the schema calls secret; the same one where none stands in it. */
export function hideSecrets(error: ReeveError, schema: Schema | undefined, values: readonly unknown[]): ReeveError {
  const names = schema ? secretNames(schema) : new Set<string>();
  if (names.size === 0) return error;
  const hide = hiderOf(names, values);
  const { code, reason, message, outcome, retryable, data, cause, address } = error;
  const shown = hide(message);
  if (shown === message && hide(String(cause)) === String(cause)) return error;
  // Its cause says the same once more, and to a log all of it.
  return new ReeveError({ code, reason, message: shown, outcome, retryable, address, data: hideIn(data, hide) });
}

function collect(value: unknown, names: ReadonlySet<string>, secret: boolean, into: Set<string>): void {
  if (secret && (typeof value === "string" || typeof value === "number")) {
    if (String(value).length >= shortestSecret) into.add(String(value));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, part] of Object.entries(value)) collect(part, names, secret || names.has(name), into);
  }
}

function hideIn(data: unknown, hide: (text: string) => string): unknown {
  if (typeof data === "string") return hide(data);
  if (Array.isArray(data)) return data.map((part) => hideIn(part, hide));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, part]) => [name, hideIn(part, hide)]));
}
