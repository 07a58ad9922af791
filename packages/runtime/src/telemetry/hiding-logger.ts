import type { Logger, LogMethod } from "./logger.ts";

/**
 * A logger that shows no field of one of these names, at any depth: the secret names of a contract, so that a manager
 * which logs its whole input does not log the password in it.
 */
export function hidingLogger(log: Logger, names: ReadonlySet<string>): Logger {
  if (names.size === 0) return log;
  const method = (level: "debug" | "info" | "warn" | "error"): LogMethod => {
    return (first: object | string, message?: string) => {
      if (typeof first === "string") log[level](first);
      else log[level](hide(first, names), message);
    };
  };
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    child: (bindings) => hidingLogger(log.child(hide(bindings, names)), names),
  };
}

function hide(fields: object, names: ReadonlySet<string>): object {
  try {
    return copy(fields, names, new Map()) as object;
  } catch {
    return { unreadable: true };
  }
}

/** `copies` keeps what is shared shared, and lets a circle come to an end. */
function copy(value: unknown, names: ReadonlySet<string>, copies: Map<object, object>): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error || value instanceof Date) return value;
  const known = copies.get(value);
  if (known) return known;
  const made: Record<string, unknown> = Array.isArray(value) ? ([] as never) : Object.create(null);
  copies.set(value, made);
  for (const [name, member] of Object.entries(value)) {
    const secret = names.has(name) && member !== undefined && member !== null;
    made[name] = secret ? "[redacted]" : copy(member, names, copies);
  }
  return made;
}
