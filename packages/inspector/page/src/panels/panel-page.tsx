import type { JSX } from "preact";
import { FilterField } from "../shell/filter-field.tsx";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";
import { PanelContent } from "./panel-content.tsx";

/** A table that the hosts offer, whatever it is about: what comes later needs no new page. */
export function PanelPage({ id }: { readonly id: string }): JSX.Element {
  fleet.revision.value;
  const title = fleet.panels().find((one) => one.id === id)?.title ?? id;
  return (
    <section class="card panel" aria-labelledby="panel-title">
      <div class="card-head">
        <h1 id="panel-title">{title}</h1>
        <FilterField label={`Filter ${title}`} placeholder="Filter" />
      </div>
      <PanelContent id={id} sought={filterOf("find")} />
    </section>
  );
}
