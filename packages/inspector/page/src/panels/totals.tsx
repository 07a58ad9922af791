import type { PanelTotal } from "@reeve/runtime/inspection";
import type { JSX } from "preact";
import { StatePill } from "../shell/state-pill.tsx";
import { Age } from "../shell/time.tsx";
import { toneOf } from "../state/manager-view.ts";
import { countText } from "../state/number-text.ts";

/** How many there are in each state, and how long the oldest is. */
export function Totals({ totals }: { readonly totals: readonly PanelTotal[] }): JSX.Element | null {
  if (totals.length === 0) return null;
  return (
    <ul class="totals" aria-label="How many there are">
      {totals.map(({ id, state, count, since }) => (
        <li key={id}>
          <StatePill state={state} tone={toneOf(state)} />
          <strong>{countText(count)}</strong>
          {since !== undefined && (
            <span class="muted">
              the oldest <Age at={since} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
