import type { ToldStep } from "@reeve/runtime/internal/inspection";
import type { Hearing } from "../../../src/hearing.ts";
import { eventText } from "./event-text.ts";
import { hearingText, hearingTone } from "./hearing-text.ts";
import { causesText, stateText, type Tone, toneOf } from "./manager-view.ts";

/** A line of what changed, of a manager or of whole hosts. */
export interface Change {
  readonly key: string;
  readonly at: number;
  /** Managers, or hosts of which the same is to be said. */
  readonly names: readonly string[];
  readonly of: "manager" | "hosts";
  readonly state: string;
  readonly tone: Tone;
  /** What led to it. */
  readonly event: string;
  readonly cause: string;
}

const mostChanges = 300;
/** What befalls several hosts within this time is one line. */
const togetherMs = 2_000;

/** What changed lately, in the order of time: what just went wrong is here. */
export class Changes {
  #all: readonly Change[] = [];
  /** How each host was said to be last. */
  readonly #said = new Map<string, Hearing["is"]>();

  /** Oldest first. */
  get all(): readonly Change[] {
    return this.#all;
  }

  add(steps: readonly ToldStep[]): void {
    const known = new Set(this.#all.map(({ key }) => key));
    const news = steps.map(changeOf).filter(({ key }) => !known.has(key));
    if (news.length > 0) this.#put(news);
  }

  /** A short silence is no news, nor is its end. @param now when that became known */
  heard(host: string, hearing: Hearing, now: number): void {
    const { is } = hearing;
    const before = this.#said.get(host) ?? "current";
    if (is === "silent" || is === before) return;
    this.#said.set(host, is);
    const at = "since" in hearing ? hearing.since : now;
    const same = this.#all.findLast((one) => one.of === "hosts" && one.state === hearingText(hearing));
    const cause = causeOf(hearing);
    if (same && same.cause === cause && Math.abs(same.at - at) < togetherMs) {
      this.#all = this.#all.map((one) => (one === same ? { ...same, names: [...same.names, host] } : one));
      return;
    }
    const [state, tone] = [hearingText(hearing), hearingTone(hearing)];
    const event =
      is === "current" ? "heard again" : is === "gaveUp" || is === "stopped" ? "" : "since it was last heard";
    this.#put([{ key: `host ${host} ${is} ${at}`, at, names: [host], of: "hosts", state, tone, event, cause }]);
  }

  #put(news: readonly Change[]): void {
    this.#all = [...this.#all, ...news].sort((a, b) => a.at - b.at).slice(-mostChanges);
  }
}

function causeOf(hearing: Hearing): string {
  if (hearing.is === "gaveUp") return `${hearing.reason}: ${hearing.message}`;
  return hearing.is === "foreign" ? hearing.problem : "";
}

function changeOf({ name, step }: ToldStep): Change {
  const { at, event, value, causes, failure } = step;
  const state = stateText(value);
  return {
    key: `${name} ${at} ${event} ${state}`,
    at,
    names: [name],
    of: "manager",
    state,
    tone: toneOf(state, failure),
    event: eventText(event),
    cause: causesText(causes, failure),
  };
}
