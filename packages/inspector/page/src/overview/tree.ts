import type { Hearing } from "../../../src/hearing.ts";
import type { HostView } from "../state/fleet-state.ts";
import { causeText, type ManagerView, type Tone } from "../state/manager-view.ts";

export interface HostTreeRow {
  readonly kind: "host";
  readonly instance: string;
  readonly host: string;
  readonly cluster: string | undefined;
  /** Undefined for one that was never understood. */
  readonly startedAt: number | undefined;
  readonly hearing: Hearing;
  readonly folded: boolean;
  readonly managers: number;
  /** Of how many managers it is each. */
  readonly tones: readonly (readonly [Tone, number])[];
}

export type TreeRow = HostTreeRow | { readonly kind: "manager"; readonly view: ManagerView };

export interface TreeFilter {
  readonly text: string;
  readonly tone: Tone | undefined;
  readonly folded: ReadonlySet<string>;
}

const order: readonly Tone[] = ["bad", "lost", "unknown", "warn", "reset", "busy", "quiet", "good"];

/** Hosts with their managers, flat, as a list shows them. */
export function treeRows(
  hosts: readonly HostView[],
  managers: readonly ManagerView[],
  filter: TreeFilter,
): readonly TreeRow[] {
  const byHost = Map.groupBy(managers, ({ instance }) => instance);
  const filtering = filter.text !== "" || filter.tone !== undefined;
  return [...hosts]
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
    .flatMap(({ instance, name, picture: { facts }, hearing }): readonly TreeRow[] => {
      const own = byHost.get(instance) ?? [];
      const shown = filtering ? own.filter((view) => fits(view, filter)) : own;
      if ((!facts && hearing.is === "current") || (filtering && shown.length === 0)) return [];
      const folded = filter.folded.has(instance) && !filtering;
      const head: HostTreeRow = {
        kind: "host",
        instance,
        host: name,
        cluster: facts?.cluster,
        startedAt: facts?.startedAt,
        hearing,
        folded,
        managers: own.length,
        tones: tonesOf(own),
      };
      return folded ? [head] : [head, ...shown.map((view) => ({ kind: "manager" as const, view }))];
    });
}

export function tonesOf(managers: readonly ManagerView[]): readonly (readonly [Tone, number])[] {
  const groups = Map.groupBy(managers, ({ tone }) => tone);
  return order.flatMap((tone) => (groups.has(tone) ? [[tone, groups.get(tone)!.length] as const] : []));
}

function fits(view: ManagerView, { text, tone }: TreeFilter): boolean {
  if (tone !== undefined && view.tone !== tone) return false;
  return text === "" || `${view.name} ${view.state} ${causeText(view)}`.toLowerCase().includes(text);
}
