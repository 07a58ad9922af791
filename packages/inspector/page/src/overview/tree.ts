import type { Hearing } from "../../../src/hearing.ts";
import type { HostView } from "../state/fleet-state.ts";
import { hearingTone } from "../state/hearing-text.ts";
import type { ManagerView, Tone } from "../state/manager-view.ts";

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
  /** Those that the filter shows. */
  readonly shown: readonly ManagerView[];
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

const byName = new Intl.Collator("en", { numeric: true });

/** As a place in the order of tones: the worst of its managers and of the host itself. */
function worstOf({ hearing }: HostView, managers: readonly ManagerView[]): number {
  return Math.min(order.indexOf(hearingTone(hearing)), ...managers.map(({ tone }) => order.indexOf(tone)));
}

function byTone(one: ManagerView, other: ManagerView): number {
  return order.indexOf(one.tone) - order.indexOf(other.tone);
}

/** Hosts with their managers, flat, as a list shows them; what is bad comes first. */
export function treeRows(
  hosts: readonly HostView[],
  managers: readonly ManagerView[],
  filter: TreeFilter,
): readonly TreeRow[] {
  const byHost = Map.groupBy(managers, ({ instance }) => instance);
  const filtering = filter.text !== "" || filter.tone !== undefined;
  const worst = new Map(hosts.map((host) => [host, worstOf(host, byHost.get(host.instance) ?? [])]));
  return [...hosts]
    .sort((a, b) => worst.get(a)! - worst.get(b)! || byName.compare(a.name, b.name))
    .flatMap(({ instance, name, picture: { facts }, hearing }): readonly TreeRow[] => {
      const own = byHost.get(instance) ?? [];
      const shown = (filtering ? own.filter((view) => fits(view, filter)) : [...own]).sort(byTone);
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
        shown,
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
  return text === "" || `${view.name} ${view.state} ${view.cause}`.toLowerCase().includes(text);
}
