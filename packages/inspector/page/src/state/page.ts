import { effect, signal } from "@preact/signals";
import { seconds } from "./clock.ts";
import { FleetState } from "./fleet-state.ts";
import { hostPanelIds } from "./host-panels.ts";
import { Link } from "./link.ts";
import { route } from "./route.ts";
import { keepToken, takeToken } from "./token.ts";

/** What this page shows, and its connection. */
export const token = signal(takeToken());
export const fleet = new FleetState();
export const link = new Link(token.value, (message) => fleet.receive(message));

/** The time by the endpoint's clock, in milliseconds since 1970, for what is drawn: whatever reads it is drawn again each second. */
export function shownNow(): number {
  seconds.value;
  return fleet.now();
}

/** A person gave another token. */
export function giveToken(given: string): void {
  keepToken(given);
  token.value = given;
  link.letIn(given);
}

effect(() => {
  const state = link.state.value;
  fleet.cut(state.is === "live" ? undefined : "sinceMs" in state ? state.sinceMs : Date.now());
});

let wanted = "";

// What is looked at closely is told to the endpoint, and again after each connection.
effect(() => {
  const current = route.value;
  fleet.revision.value;
  const live = link.state.value.is === "live" || link.state.value.is === "stale";
  const id = current.page === "manager" ? fleet.manager(current.name)?.id : undefined;
  const panels = current.page === "panel" ? [current.id] : current.page === "hosts" ? hostPanelIds : [];
  const want = { type: "want", focus: id ? [id] : [], panels } as const;
  const text = live ? JSON.stringify(want) : "";
  if (text && text !== wanted) link.say(want);
  wanted = text;
});
