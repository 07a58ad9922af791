/** How deep and how far is looked; what lies beyond is given on as it is. */
const deepest = 16;
const most = 10_000;

/** What nobody is to see. */
export interface Secrets {
  /** Of fields whose values are redacted. */
  readonly names: ReadonlySet<string>;
  /** Redacts what stands in a text. */
  hide(text: string): string;
}

const none: Secrets = { names: new Set(), hide: (text) => text };

/**
 * The value as it is, or where reading it runs code, a copy in which each such property is what it gave at this moment. One
 * that throws says so in its place, and hides nothing else. Never throws.
 *
 * @param secrets what is redacted in it. Default: nothing
 */
export function shieldedValue(value: unknown, secrets: Secrets = none): unknown {
  const seen = new Set<object>();

  function shield(one: unknown, levels: number): unknown {
    if (typeof one === "string") return secrets.hide(one);
    if (typeof one !== "object" || one === null || levels === 0) return one;
    if (seen.has(one) || seen.size >= most) return one;
    seen.add(one);
    try {
      if (Array.isArray(one)) return list(one, levels - 1);
      const prototype = Object.getPrototypeOf(one);
      return prototype === Object.prototype || prototype === null ? record(one, levels - 1) : one;
    } catch (error) {
      return notShown(error);
    }
  }

  function list(items: readonly unknown[], levels: number): unknown {
    const shielded = items.map((item) => shield(item, levels));
    return shielded.every((item, index) => item === items[index]) ? items : shielded;
  }

  function record(one: object, levels: number): object {
    let same = true;
    const copied: [string, unknown][] = [];
    for (const key of Object.keys(one)) {
      if (secrets.names.has(key)) {
        copied.push([key, "[redacted]"]);
        same = false;
        continue;
      }
      const { value: stored, get } = Object.getOwnPropertyDescriptor(one, key)!;
      const item = shield(get ? readBy(get, one) : stored, levels);
      same &&= get === undefined && item === stored;
      copied.push([key, item]);
    }
    return same ? one : Object.fromEntries(copied);
  }

  return shield(value, deepest);
}

/** What stands in the place of something that could not be read. */
export function notShown(error: unknown): string {
  return `[cannot be shown: ${error instanceof Error ? error.message : "it threw"}]`;
}

function readBy(get: () => unknown, from: object): unknown {
  try {
    return get.call(from);
  } catch (error) {
    return notShown(error);
  }
}
