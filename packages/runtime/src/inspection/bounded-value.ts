export interface ValueLimits {
  /** How deep objects and arrays may nest. */
  readonly depth: number;
  /** How many values there may be in all. */
  readonly nodes: number;
  /** How many characters a text may have. */
  readonly text: number;
}

/** A copy of `value` that JSON can write and that no limit exceeds; what is left out says so. Never throws. */
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
    return record(one instanceof Map ? [...one].map(([key, item]) => [String(key), item]) : entries(one), levels - 1);
  }

  function list(items: readonly unknown[], levels: number): unknown[] {
    const copied: unknown[] = [];
    for (const item of items) {
      if (left <= 0) {
        copied.push(`… ${items.length - copied.length} more`);
        break;
      }
      copied.push(copy(item, levels));
    }
    return copied;
  }

  function record(pairs: readonly (readonly [string, unknown])[], levels: number): object {
    const copied: [string, unknown][] = [];
    for (const [key, item] of pairs) {
      if (left <= 0) {
        copied.push(["…", `${pairs.length - copied.length} more`]);
        break;
      }
      copied.push([clipped(key), copy(item, levels)]);
    }
    return Object.fromEntries(copied);
  }

  function clipped(long: string): string {
    return long.length > text ? `${long.slice(0, text)}…` : long;
  }

  try {
    return copy(value, depth);
  } catch (error) {
    // Getters and proxies are the user's code.
    return clipped(`[cannot be shown: ${error instanceof Error ? error.message : "it threw"}]`);
  }
}

function entries(one: object): [string, unknown][] {
  return Object.entries(one).filter(([, item]) => item !== undefined);
}
