import type { ManagerView, Tone } from "../state/manager-view.ts";

/** What is wrong with managers for one and the same reason. */
export interface Problem {
  /** A reason of the catalogue, `FAILED`, or how their hosts are. */
  readonly reason: string;
  readonly tone: Tone;
  readonly managers: number;
  readonly hosts: number;
  /** In full, as one of them says it. */
  readonly message: string;
  /** How many others say it in other words. */
  readonly otherWords: number;
}

/** The reason of a manager that says no other. */
export const failed = "FAILED";

const wrong: readonly Tone[] = ["bad", "lost", "unknown", "warn"];

/** The worst first, and of those the most frequent. */
export function problemsOf(managers: readonly ManagerView[]): readonly Problem[] {
  const groups = new Map<
    string,
    { tone: Tone; reason: string; views: Set<ManagerView>; messages: Map<string, number> }
  >();
  for (const view of managers) {
    for (const { reason, message } of reasonsOf(view)) {
      const key = `${view.tone} ${reason}`;
      const group = groups.get(key) ?? { tone: view.tone, reason, views: new Set(), messages: new Map() };
      groups.set(key, group);
      group.views.add(view);
      group.messages.set(message, (group.messages.get(message) ?? 0) + 1);
    }
  }
  return [...groups.values()]
    .map(({ tone, reason, views, messages }) => ({
      reason,
      tone,
      managers: views.size,
      hosts: new Set([...views].map(({ instance }) => instance)).size,
      message: [...messages.keys()][0]!,
      otherWords: messages.size - 1,
    }))
    .sort((a, b) => wrong.indexOf(a.tone) - wrong.indexOf(b.tone) || b.managers - a.managers);
}

/** Of a manager whose host is not current, that is the reason, whatever it said before. */
function reasonsOf({ tone, asOf, state, told, actor }: ManagerView): readonly { reason: string; message: string }[] {
  if (!wrong.includes(tone)) return [];
  const { causes, failure } = actor.snapshot.context;
  if (tone === "lost" || tone === "unknown") return [{ reason: state, message: `was ${told}` }];
  if (failure !== undefined) return [{ reason: failed, message: failure }];
  return causes.length > 0 || asOf !== undefined ? causes : [{ reason: state, message: "" }];
}
