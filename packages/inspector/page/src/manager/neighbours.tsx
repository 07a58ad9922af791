import type { JSX } from "preact";
import { type TreeRow, treeRows } from "../overview/tree.ts";
import { StateGlyph } from "../shell/icons.tsx";
import { VirtualList } from "../shell/virtual-list.tsx";
import type { ManagerView } from "../state/manager-view.ts";
import { fleet } from "../state/page.ts";
import { linkTo } from "../state/route.ts";

const everything = { text: "", tone: undefined, folded: new Set<string>() };

/** The tree, small, beside the manager that is looked at. */
export function Neighbours({ current }: { readonly current: ManagerView }): JSX.Element {
  const rows = treeRows(fleet.hosts, fleet.managers(), everything);
  return (
    <nav class="neighbours card" aria-label="Managers">
      <VirtualList
        items={rows}
        rowHeight={34}
        keyOf={keyOf}
        row={(row) => <Row row={row} current={current} />}
        label="Managers"
      />
    </nav>
  );
}

function keyOf(row: TreeRow): string {
  return row.kind === "host" ? row.instance : `${row.view.instance} ${row.view.name}`;
}

function Row({ row, current }: { readonly row: TreeRow; readonly current: ManagerView }): JSX.Element {
  if (row.kind === "host") return <span class="neighbour-host">{row.host}</span>;
  const { name, manager, address, tone, state } = row.view;
  return (
    <a
      class="neighbour"
      href={linkTo.manager(name)}
      aria-current={name === current.name ? "true" : undefined}
      title={`${name} · ${state}`}
    >
      <span class={`tone-${tone} bare`}>
        <StateGlyph tone={tone} />
      </span>
      <span class="neighbour-name">{manager}</span>
      <span class="address">{address}</span>
      <span class="visually-hidden">{state}</span>
    </a>
  );
}
