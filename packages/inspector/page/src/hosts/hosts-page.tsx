import type { JSX } from "preact";
import { PanelContent } from "../panels/panel-content.tsx";
import { FilterField } from "../shell/filter-field.tsx";
import { hostPanels } from "../state/host-panels.ts";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";

/** How each host is linked, what its managers' drivers are like, and which versions it runs. */
export function HostsPage(): JSX.Element {
  fleet.revision.value;
  const sought = filterOf("find");
  return (
    <div class="operations">
      <h1 class="visually-hidden">Hosts</h1>
      <FilterField label="Filter hosts" placeholder="Filter by host, manager, driver, state or version" />
      {hostPanels.map(([id, title]) => (
        <section key={id} class="card" aria-labelledby={`hosts-${id}`}>
          <div class="card-head">
            <h2 id={`hosts-${id}`}>{title}</h2>
          </div>
          <PanelContent id={id} sought={sought} />
        </section>
      ))}
    </div>
  );
}
