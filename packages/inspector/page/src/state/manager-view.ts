import type { ActorNews, InspectionContext, StateValue } from "@reeve/runtime/internal/inspection";
import { type Hearing, hasEnded } from "../../../src/hearing.ts";
import { hearingText, hearingTone } from "./hearing-text.ts";

/** `unknown` and `lost` are of managers whose host is; the others are what managers say of themselves. */
export type Tone = "good" | "warn" | "busy" | "reset" | "quiet" | "bad" | "unknown" | "lost";

/** A manager as every part of the page shows it. */
export interface ManagerView {
  /** `manager/address`: the same for every incarnation. */
  readonly name: string;
  readonly id: string;
  readonly instance: string;
  /** As {@link lifeOf} names it. */
  readonly life: string;
  readonly manager: string;
  readonly address: string;
  /** `serving.ready`; where its host is not current, how that is. */
  readonly state: string;
  readonly tone: Tone;
  /** Why it is as it is, in one line; empty when there is nothing to say. Of what is not known, what was told last. */
  readonly cause: string;
  /** What it told last. */
  readonly told: string;
  /** When it was known last how it is, in milliseconds since 1970; undefined while it is known. */
  readonly asOf: number | undefined;
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
  connected: "good",
  checking: "busy",
  "setting up": "busy",
  shut: "warn",
  stuck: "bad",
  error: "warn",
  available: "good",
  creating: "busy",
  extending: "busy",
  exporting: "busy",
  deleting: "busy",
  left: "warn",
  retrying: "warn",
  sent: "busy",
  cordoned: "reset",
  running: "busy",
  done: "good",
  refused: "warn",
  booting: "busy",
  preRpc: "busy",
  serving: "good",
  degraded: "warn",
  lost: "lost",
  resetting: "reset",
  draining: "quiet",
  stopped: "quiet",
  failed: "bad",
};

/** One life of a manager, whichever host it is on: each process counts its ids anew. */
export function lifeOf(instance: string, id: string): string {
  return `${instance} ${id}`;
}

export function managerView(instance: string, actor: ActorNews, hearing: Hearing, ended: boolean): ManagerView {
  const { id, name, snapshot } = actor;
  const slash = name.indexOf("/");
  const told = stateText(snapshot.value);
  const { causes, failure } = snapshot.context;
  const shown = shownState(told, failure, hearing);
  const why = causesText(causes, failure);
  const known = hearing.is === "current" || told === shown.state;
  return {
    id,
    name,
    instance,
    life: lifeOf(instance, id),
    manager: slash < 0 ? name : name.slice(0, slash),
    address: slash < 0 ? "" : name.slice(slash + 1),
    ...shown,
    cause: known ? why : why === "" ? `was ${told}` : `was ${told}: ${why}`,
    told,
    asOf: hearing.is === "current" ? undefined : hearing.since,
    actor,
    ended: ended || hasEnded(hearing),
  };
}

/** What it said itself stands while its host is current; of one that stopped in order it is known how it ended. */
function shownState(told: string, failure: string | undefined, hearing: Hearing): Pick<ManagerView, "state" | "tone"> {
  const { is } = hearing;
  if (is === "current") return { state: told, tone: toneOf(told, failure) };
  if (!hasEnded(hearing)) return { state: hearingText(hearing), tone: hearingTone(hearing) };
  const state = told === "failed" ? told : "stopped";
  return { state, tone: toneOf(state, failure) };
}

/** `serving.ready`; of several at once `branch.leafy root.digging.soil`. */
export function stateText(value: StateValue): string {
  return typeof value === "string"
    ? value
    : Object.entries(value)
        .map(([state, inner]) => `${state}.${stateText(inner as StateValue)}`)
        .join(" ");
}

export function toneOf(state: string, failure?: string): Tone {
  if (state.startsWith("serving") && !state.endsWith("ready")) return "busy";
  if (failure !== undefined) return "bad";
  return tones[state.split(".")[0]!] ?? "quiet";
}

export function causesText(causes: InspectionContext["causes"], failure: string | undefined): string {
  return causes.length > 0 ? causes.map(({ reason, message }) => `${reason}: ${message}`).join(" · ") : (failure ?? "");
}
