import { computed, signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Bulk } from "../manager/bulk.tsx";
import { FilterField } from "../shell/filter-field.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { VirtualList } from "../shell/virtual-list.tsx";
import type { Tone } from "../state/manager-view.ts";
import { narrow } from "../state/narrow.ts";
import { fleet } from "../state/page.ts";
import { filterOf, setFilter, soughtText } from "../state/route.ts";
import { HostRow, ManagerRow } from "./rows.tsx";
import { Summary } from "./summary.tsx";
import { type HostTreeRow, type TreeRow, treeRows } from "./tree.ts";
import { WhatChanged } from "./what-changed.tsx";
import { WhatIsWrong } from "./what-is-wrong.tsx";

const tone = computed(() => (filterOf("tone") || undefined) as Tone | undefined);
const folded = signal<ReadonlySet<string>>(new Set());

const rows = computed(() => {
  fleet.revision.value;
  return treeRows(fleet.hosts, fleet.managers(), {
    text: soughtText(),
    tone: tone.value,
    folded: folded.value,
  });
});

/** Every host and manager. */
export function OverviewPage(): JSX.Element {
  /** Whose managers something is to be done to. Not a state of its row, which may go out of sight meanwhile. */
  const acting = useSignal<HostTreeRow | undefined>(undefined);
  const shown = rows.value;
  return (
    <div class="overview">
      <h1 class="visually-hidden">Overview</h1>
      <Summary tone={tone.value} onTone={(next) => setFilter("tone", tone.value === next ? "" : next)} />
      <WhatIsWrong />
      <div class="overview-body">
        <section class="card tree" aria-label="Hosts and managers">
          <div class="tree-tools">
            <FilterField label="Find a manager" placeholder="Find a manager, address, state or cause" />
          </div>
          <div class="tree-head" aria-hidden="true">
            <span>Manager</span>
            <span>State and cause</span>
            <span class="number">Epoch</span>
            <span class="number">Uptime</span>
            <span class="number">In flight</span>
            <span class="number">Queued</span>
            <span class="number">Calls/s</span>
            <span class="number">Errors</span>
          </div>
          {shown.length === 0 ? (
            <p class="empty">{fleet.hosts.length === 0 ? "Waiting for the first host…" : "Nothing fits the filter."}</p>
          ) : (
            <VirtualList
              items={shown}
              rowHeight={narrow.value ? 64 : 42}
              keyOf={keyOf}
              row={(row) => rowOf(row, (host) => (acting.value = host))}
              label="Hosts and managers"
              class="tree-list"
            />
          )}
        </section>
        <WhatChanged />
      </div>
      {acting.value && (
        <Bulk host={acting.value.host} managers={acting.value.shown} onEnd={() => (acting.value = undefined)} />
      )}
    </div>
  );
}

function keyOf(row: TreeRow): string {
  return row.kind === "host" ? row.instance : `${row.view.instance} ${row.view.name}`;
}

function rowOf(row: TreeRow, onAct: (host: HostTreeRow) => void): JSX.Element {
  if (row.kind === "host") return <HostRow row={row} onFold={fold} onAct={onAct} />;
  return (
    <Guarded what={row.view.name}>
      <ManagerRow view={row.view} />
    </Guarded>
  );
}

function fold(instance: string): void {
  const next = new Set(folded.value);
  if (!next.delete(instance)) next.add(instance);
  folded.value = next;
}
