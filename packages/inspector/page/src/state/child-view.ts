import type { ChildNews, StateValue } from "@reeve/runtime/internal/inspection";
import type { ManagerView } from "./manager-view.ts";
import { fleet } from "./page.ts";

/** An actor of a manager's own, as the page shows it. */
export interface ChildView {
  readonly child: ChildNews;
  /** How many actors it is below, within its manager. */
  readonly depth: number;
}

/** Those that are shown of a manager, each before those that are below it. */
export function childrenOf({ instance, id }: ManagerView): readonly ChildView[] {
  const children = [...(fleet.host(instance)?.picture.children.values() ?? [])];
  const below = (parentId: string, depth: number): ChildView[] =>
    children
      .filter((child) => child.parentId === parentId)
      .sort((one, other) => order.compare(one.name, other.name))
      .flatMap((child) => [{ child, depth }, ...below(child.id, depth + 1)]);
  return below(id, 0);
}

/** Where its machine is; undefined where it has none. */
export function machineState({ snapshot }: Pick<ChildNews, "snapshot">): StateValue | undefined {
  const { value } = snapshot;
  return typeof value === "string" || (typeof value === "object" && value !== null) ? (value as StateValue) : undefined;
}

const order = new Intl.Collator("en", { numeric: true });
