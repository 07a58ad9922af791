import { fleet } from "./page.ts";
import type { Route } from "./route.ts";

/** What a view is called, in the title of its tab. */
export function titleOf(here: Route): string {
  if (here.page === "manager") return here.name;
  if (here.page === "actor") return `${here.actor} · ${here.name}`;
  if (here.page === "reason") return here.reason;
  if (here.page === "panel") return fleet.panels().find(({ id }) => id === here.id)?.title ?? here.id;
  return `${here.page[0]!.toUpperCase()}${here.page.slice(1)}`;
}
