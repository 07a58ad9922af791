import { hearingText } from "./hearing-text.ts";
import { fleet } from "./page.ts";

/** Whether this page may do something to a host and what it runs. */
export function mayActOn(instance: string): boolean {
  return whyNot(instance) === "";
}

/** Why it may not; empty where it may. */
export function whyNot(instance: string): string {
  const host = fleet.host(instance);
  if (!host) return "Its host is gone.";
  const { hearing, picture } = host;
  if (hearing.is !== "current") return `Nothing can be done to it now. Its host: ${hearingText(hearing)}.`;
  if (!fleet.mayAct) return "This token may look, not act.";
  if (instance === fleet.ownInstance || picture.facts?.acts === true) return "";
  return "This host takes no actions from elsewhere.";
}
