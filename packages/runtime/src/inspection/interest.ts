import type { Interest } from "./news.ts";

const longestId = 400;

/** Reads what a watcher sent; anything but an id is left out. */
export function readInterest(value: unknown): Interest {
  const { focus, panels } = (value ?? {}) as Record<string, unknown>;
  return { focus: ids(focus), panels: ids(panels) };
}

function ids(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.slice(0, 8).filter(isId) : [];
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestId;
}
