import type { JSX } from "preact";
import { JsonTree } from "../shell/json-tree.tsx";
import type { ManagerView } from "../state/manager-view.ts";
import { fleet } from "../state/page.ts";

/** The machine's context, and beside it what the manager's own `inspect()` shows. */
export function ContextView({ view }: { readonly view: ManagerView }): JSX.Element {
  const { own, ...context } = fleet.details.get(view.life) ?? view.actor.snapshot.context;
  return (
    <section class="card context" aria-labelledby="context-title">
      <h2 id="context-title">Context</h2>
      <h3>Shown by the manager</h3>
      {own === undefined ? (
        <p class="empty">It has no inspect().</p>
      ) : (
        <JsonTree value={typeof own === "object" ? own : { value: own }} />
      )}
      <h3>Lifecycle</h3>
      <JsonTree value={context} />
    </section>
  );
}
