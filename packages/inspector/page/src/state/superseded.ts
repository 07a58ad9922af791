import type { ManagerView } from "./manager-view.ts";

/**
 * Of several incarnations at one address the one with the highest epoch has it. An earlier one that was heard to serve a moment ago
 * does so no more, though its host is not known to be lost yet.
 */
export function withSuperseded(managers: readonly ManagerView[]): readonly ManagerView[] {
  const highest = new Map<string, number>();
  for (const view of managers) {
    if (isLive(view)) highest.set(view.name, Math.max(highest.get(view.name) ?? 0, epochOf(view)));
  }
  return managers.map((view) => {
    const { name, told } = view;
    if (!isLive(view) || !told.startsWith("serving") || epochOf(view) >= highest.get(name)!) return view;
    return {
      ...view,
      state: "superseded",
      tone: "quiet",
      cause: `was ${told}; epoch ${highest.get(name)} took its place`,
    };
  });
}

/** The one that has the address; where none is live, the one that was told of last. */
export function holderOf(managers: readonly ManagerView[], name: string): ManagerView | undefined {
  const named = managers.filter((view) => view.name === name);
  const live = named.filter(isLive);
  if (live.length === 0) return named.findLast(({ asOf }) => asOf === undefined) ?? named.at(-1);
  return live.reduce((best, view) => (epochOf(view) > epochOf(best) ? view : best));
}

function isLive({ asOf, ended }: ManagerView): boolean {
  return asOf === undefined && !ended;
}

/** 0 until it has registered. */
function epochOf({ actor }: ManagerView): number {
  return actor.snapshot.context.epoch;
}
