import type { StateValue } from "@reeve/runtime/internal/inspection";

/** The ids of every active state, as a chart's nodes have them. */
export function activeStates(value: StateValue): ReadonlySet<string> {
  const active = new Set<string>();
  collect(value, "", active);
  return active;
}

function collect(value: unknown, path: string, active: Set<string>): void {
  const entries: readonly (readonly [string, unknown])[] =
    typeof value === "string"
      ? [[value, undefined]]
      : typeof value === "object" && value !== null
        ? Object.entries(value)
        : [];
  for (const [name, inner] of entries) {
    const id = path ? `${path}.${name}` : name;
    active.add(id);
    collect(inner, id, active);
  }
}
