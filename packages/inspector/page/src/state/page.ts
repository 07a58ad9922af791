import { effect } from "@preact/signals";
import { FleetState } from "./fleet-state.ts";
import { Link } from "./link.ts";
import { route } from "./route.ts";
import { takeToken } from "./token.ts";

/** What this page shows, and its connection. */
export const token = takeToken();
export const fleet = new FleetState();
export const link = new Link(token, (message) => fleet.receive(message));

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
  const want = { type: "want", focus: id ? [id] : [], panels: current.page === "panel" ? [current.id] : [] } as const;
  const text = live ? JSON.stringify(want) : "";
  if (text && text !== wanted) link.say(want);
  wanted = text;
});
