import type { HostQuestion, Interest } from "./news.ts";

const actions = ["reset", "drain", "restart"] as const;
const longestId = 400;

/** Reads what a watcher sent; undefined when it is no question. */
export function readQuestion(value: unknown): HostQuestion | undefined {
  const { ask, seq, id, epoch } = (value ?? {}) as Record<string, unknown>;
  if (ask === "payload") return typeof seq === "number" ? { ask, seq } : undefined;
  const action = actions.find((one) => one === ask);
  if (!action || !isId(id)) return undefined;
  return typeof epoch === "number" ? { ask: action, id, epoch } : { ask: action, id };
}

/** Reads what a watcher sent; what is no id in it is left out. */
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
