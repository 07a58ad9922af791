/** An event as people say it: `xstate.done.actor.0.manager.booting` → `booting done`. */
export function eventText(type: string): string {
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(type) ?? [];
  const verb = outcome === "done" ? "done" : "failed";
  if (actor) return `${actor.replace(/^\d+\.[^.]+\./, "")} ${verb}`;
  if (type.startsWith("xstate.after.")) return "after a while";
  return type === "xstate.init" ? "started" : type;
}
