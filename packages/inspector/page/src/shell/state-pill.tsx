import type { JSX } from "preact";
import type { Tone } from "../state/manager-view.ts";
import { StateGlyph } from "./icons.tsx";

export function StatePill({ state, tone }: { readonly state: string; readonly tone: Tone }): JSX.Element {
  return (
    <span class={`pill tone-${tone}`}>
      <StateGlyph tone={tone} />
      {state}
    </span>
  );
}
