import type { ActorNews, StateValue } from "@reeve/runtime/internal/inspection";

export type Tone = "good" | "warn" | "busy" | "reset" | "quiet" | "bad";

/** A manager as every part of the page shows it. */
export interface ManagerView {
  /** `manager/address`: the same for every incarnation. */
  readonly name: string;
  readonly id: string;
  readonly instance: string;
  readonly manager: string;
  readonly address: string;
  /** `serving.ready`. */
  readonly state: string;
  readonly tone: Tone;
  readonly actor: ActorNews;
  /** It is no more, and nothing took its place. */
  readonly ended: boolean;
}

/** By state; and by what panels say of a host in a cell of the kind `state`. */
const tones: Readonly<Record<string, Tone>> = {
  ready: "good",
  chosen: "good",
  starting: "busy",
  rejected: "warn",
  cordoned: "reset",
  running: "busy",
  done: "good",
  refused: "warn",
  booting: "busy",
  preRpc: "busy",
  serving: "good",
  degraded: "warn",
  lost: "bad",
  resetting: "reset",
  draining: "quiet",
  stopped: "quiet",
  failed: "bad",
};

export function managerView(instance: string, actor: ActorNews, ended: boolean): ManagerView {
  const { id, name, snapshot } = actor;
  const slash = name.indexOf("/");
  const state = stateText(snapshot.value);
  return {
    id,
    name,
    instance,
    manager: slash < 0 ? name : name.slice(0, slash),
    address: slash < 0 ? "" : name.slice(slash + 1),
    state,
    tone: toneOf(state, snapshot.context.failure),
    actor,
    ended,
  };
}

export function stateText(value: StateValue): string {
  return typeof value === "string"
    ? value
    : Object.entries(value)
        .map(([state, inner]) => `${state}.${inner}`)
        .join(" ");
}

export function toneOf(state: string, failure?: string): Tone {
  if (state.startsWith("serving") && !state.endsWith("ready")) return "busy";
  if (failure !== undefined) return "bad";
  return tones[state.split(".")[0]!] ?? "quiet";
}

/** Why it is as it is, in one line; empty when there is nothing to say. */
export function causeText({ actor }: ManagerView): string {
  const { causes, failure } = actor.snapshot.context;
  return causes.length > 0 ? causes.map(({ reason, message }) => `${reason}: ${message}`).join(" · ") : (failure ?? "");
}
