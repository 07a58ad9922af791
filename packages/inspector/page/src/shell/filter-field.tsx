import type { JSX } from "preact";
import { filterOf, setFilter } from "../state/route.ts";

interface Props {
  readonly label: string;
  readonly placeholder: string;
}

/** Where a person writes what a view is to show; it stands in the address. */
export function FilterField({ label, placeholder }: Props): JSX.Element {
  return (
    <input
      type="search"
      class="field"
      placeholder={placeholder}
      aria-label={label}
      value={filterOf("find")}
      onInput={({ currentTarget }) => setFilter("find", currentTarget.value)}
    />
  );
}
