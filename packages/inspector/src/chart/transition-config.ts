import type { EdgeKind } from "./drawing.ts";

/** A machine's configuration as XState has it, as far as a chart shows it. Everything in it is unproven JSON. */
export interface StateConfig {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly initial?: unknown;
  readonly states?: unknown;
  readonly on?: unknown;
  readonly after?: unknown;
  readonly always?: unknown;
  readonly onDone?: unknown;
  readonly invoke?: unknown;
}

export interface ConfiguredTransition {
  readonly kind: EdgeKind;
  /** The event type, or what stands for it. */
  readonly event: string;
  readonly target: string | undefined;
  readonly label: string;
}

/** Every transition that leaves a state, `always` and those of its invocations included. */
export function transitionsOf(state: StateConfig): readonly ConfiguredTransition[] {
  return [
    ...record(state.on).flatMap(([event, value]) => each(value, "event", event, event)),
    ...each(state.always, "always", "", ""),
    ...record(state.after).flatMap(([delay, value]) => each(value, "after", `xstate.after.${delay}`, `after ${delay}`)),
    ...each(state.onDone, "done", "xstate.done.state", "done"),
    ...list(state.invoke).flatMap((invoke) => {
      const name = invokeName(invoke);
      const { onDone, onError } = invoke as { onDone?: unknown; onError?: unknown };
      return [
        ...each(onDone, "done", "xstate.done.actor", `${name} done`),
        ...each(onError, "error", "xstate.error.actor", `${name} failed`),
      ];
    }),
  ];
}

export function invokesOf({ invoke }: StateConfig): readonly string[] {
  return list(invoke).map(invokeName);
}

function each(value: unknown, kind: EdgeKind, event: string, name: string): ConfiguredTransition[] {
  return list(typeof value === "string" ? { target: value } : value).flatMap((one): ConfiguredTransition[] => {
    const { target, guard } = (typeof one === "string" ? { target: one } : one) as {
      target?: unknown;
      guard?: unknown;
    };
    const label = [name, guardName(guard)].filter(Boolean).join(" ");
    const targets = list(target).filter((to) => typeof to === "string");
    if (targets.length === 0) return [{ kind, event, target: undefined, label }];
    return targets.map((to) => ({ kind, event, target: to, label }));
  });
}

function guardName(guard: unknown): string {
  if (guard === undefined || guard === null) return "";
  const name = typeof guard === "string" ? guard : (guard as { type?: unknown }).type;
  return `[${typeof name === "string" && name ? name : "guard"}]`;
}

function invokeName(invoke: unknown): string {
  const { src, id } = (invoke ?? {}) as { src?: unknown; id?: unknown };
  if (typeof src === "string") return src;
  const type = (src as { type?: unknown } | undefined)?.type;
  if (typeof type === "string" && type) return type;
  return typeof id === "string" ? id : "actor";
}

function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function record(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
