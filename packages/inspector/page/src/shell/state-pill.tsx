import type { JSX } from "preact";
import type { Tone } from "../state/manager-view.ts";
import { StateGlyph } from "./icons.tsx";

interface Props {
  readonly state: string;
  readonly tone: Tone;
  /** It is so at this moment, and what goes on may be seen to. Default: it is told of the past. */
  readonly now?: boolean;
}

export function StatePill({ state, tone, now = false }: Props): JSX.Element {
  return (
    <span class={`pill tone-${tone}${now ? " now" : ""}`}>
      <StateGlyph tone={tone} />
      {state}
    </span>
  );
}
