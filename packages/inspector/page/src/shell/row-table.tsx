import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { LeftOut } from "./left-out.tsx";
import { useRowWindow } from "./row-window.ts";
import { Scrollable } from "./scrollable.tsx";

export interface Head {
  readonly label: string;
  readonly class?: string;
  /** Read out, and not seen. Default `false`. */
  readonly hidden?: boolean;
}

/** Above the buttons of each row. */
export const actionsHead: Head = { label: "Actions", hidden: true };

interface Props<T> {
  readonly label: string;
  readonly heads: readonly Head[];
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** A `tr` with the key as `data-row`; further ones may follow it. */
  readonly row: (item: T) => JSX.Element;
}

/** A table that scrolls on its own. However many rows it has, those in sight exist. */
export function RowTable<T>({ label, heads, items, keyOf, row }: Props<T>): JSX.Element {
  const body = useRef<HTMLTableSectionElement>(null);
  const keys = useMemo(() => items.map(keyOf), [items]);
  const { from, to, beforePx, afterPx } = useRowWindow(body, keys);
  return (
    <Scrollable class="table-box" label={`${label}, scrollable`}>
      <table class="table" aria-rowcount={items.length + 1}>
        <thead>
          <tr>
            {heads.map(({ label: head, class: name, hidden }) => (
              <th key={head} scope="col" class={name}>
                {hidden ? <span class="visually-hidden">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <LeftOut px={beforePx} columns={heads.length} />
          {items.slice(from, to).map(row)}
          <LeftOut px={afterPx} columns={heads.length} />
        </tbody>
      </table>
    </Scrollable>
  );
}
