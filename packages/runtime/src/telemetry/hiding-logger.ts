import type { Logger, LogMethod } from "./logger.ts";

/** Deeper than this a field is not searched, and so not shown. */
const deepest = 8;

/**
 * A logger that shows no field of one of these names, at any depth: the secret names of a contract, so that a manager
 * which logs its whole input does not log the password in it.
 */
export function hidingLogger(log: Logger, names: ReadonlySet<string>): Logger {
  if (names.size === 0) return log;
  const method = (level: "debug" | "info" | "warn" | "error"): LogMethod => {
    return (first: object | string, message?: string) => {
      if (typeof first === "string") log[level](first);
      else log[level](hide(first, names, 0) as object, message);
    };
  };
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    child: (bindings) => hidingLogger(log.child(hide(bindings, names, 0) as object), names),
  };
}

function hide(value: unknown, names: ReadonlySet<string>, depth: number): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error || value instanceof Date) return value;
  if (depth > deepest) return "[deep]";
  if (Array.isArray(value)) return value.map((element) => hide(element, names, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const empty = member === undefined || member === null;
      return [name, names.has(name) && !empty ? "[redacted]" : hide(member, names, depth + 1)];
    }),
  );
}
