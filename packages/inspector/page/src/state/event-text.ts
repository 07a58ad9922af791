import { ageText } from "./clock.ts";

/** An event as people say it: `xstate.done.actor.0.manager.booting` → `booting done`. */
export function eventText(type: string): string {
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(type) ?? [];
  const verb = outcome === "done" ? "done" : "failed";
  if (actor) return `${actor.replace(/^\d+\.[^.]+\./, "")} ${verb}`;
  const delay = delayOf(type);
  if (delay) return `${delay} was due`;
  return type === "xstate.init" ? "started" : type;
}

/** The delay that an event is of: `xstate.after.patience.server.racking` → `patience`; undefined where it is of none. */
export function delayOf(type: string): string | undefined {
  const delay = /^xstate\.after\.([^.]+)\./.exec(type)?.[1];
  return delay !== undefined && /^\d+$/.test(delay) ? ageText(Number(delay)) : delay;
}
