import { notShown } from "./shielded-value.ts";

export interface ValueLimits {
  /** How deep objects and arrays may nest. */
  readonly depth: number;
  /** How many values there may be in all. */
  readonly nodes: number;
  /** How many characters a text may have. */
  readonly text: number;
}

/**
 * A copy of `value` that JSON can write and that no limit exceeds; what is left out says so, and so does what throws when it is
 * read: a getter, a proxy. Never throws.
 */
export function boundedValue(value: unknown, { depth, nodes, text }: ValueLimits): unknown {
  let left = nodes;

  function copy(one: unknown, levels: number): unknown {
    if (left <= 0) return "…";
    left -= 1;
    if (typeof one === "string") return clipped(one);
    if (typeof one === "number") return Number.isFinite(one) ? one : String(one);
    if (one === null || one === undefined || typeof one === "boolean") return one ?? null;
    if (typeof one === "function") return `[function ${clipped(one.name || "anonymous")}]`;
    if (typeof one !== "object") return clipped(String(one));
    if (one instanceof Date) return Number.isNaN(one.getTime()) ? "Invalid Date" : one.toISOString();
    if (ArrayBuffer.isView(one)) return `[${one.byteLength} bytes]`;
    if (one instanceof Error) return { error: clipped(`${one.name}: ${one.message}`) };
    if (levels === 0) return Array.isArray(one) ? "[…]" : "{…}";
    if (Array.isArray(one) || one instanceof Set) return list([...one], levels - 1);
    return record(one instanceof Map ? entriesOf(one) : propertiesOf(one), levels - 1);
  }

  function list(items: readonly unknown[], levels: number): unknown[] {
    const copied: unknown[] = [];
    for (const item of items) {
      if (left <= 0) {
        copied.push(`… ${items.length - copied.length} more`);
        break;
      }
      copied.push(shown(() => copy(item, levels)));
    }
    return copied;
  }

  function record(properties: readonly Property[], levels: number): object {
    const copied: [string, unknown][] = [];
    for (const [key, read] of properties) {
      if (left <= 0) {
        copied.push(["…", `${properties.length - copied.length} more`]);
        break;
      }
      const item = shown(() => {
        const found = read();
        return found === undefined ? undefined : copy(found, levels);
      });
      if (item !== undefined) copied.push([clipped(key), item]);
    }
    return Object.fromEntries(copied);
  }

  /** Getters and proxies are the user's code: one that throws hides itself only. */
  function shown(read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      return clipped(notShown(error));
    }
  }

  function clipped(long: string): string {
    return long.length > text ? `${long.slice(0, text)}…` : long;
  }

  return shown(() => copy(value, depth));
}

/** A name, and how to read what is there. */
type Property = readonly [key: string, read: () => unknown];

function propertiesOf(one: object): Property[] {
  return Object.keys(one).map((key) => [key, () => (one as Readonly<Record<string, unknown>>)[key]]);
}

function entriesOf(map: ReadonlyMap<unknown, unknown>): Property[] {
  return [...map].map(([key, item]) => [String(key), () => item]);
}
