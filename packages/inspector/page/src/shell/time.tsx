import type { JSX } from "preact";
import { ageText, dateText, timeText } from "../state/clock.ts";
import { shownNow } from "../state/page.ts";

interface Props {
  readonly at: number;
  readonly ms?: boolean;
  readonly class?: string;
}

/** A time of the day; its date and zone are told to whoever points at it. */
export function Time({ at, ms = false, class: name }: Props): JSX.Element {
  return (
    <time class={name} dateTime={new Date(at).toISOString()} title={dateText(at)}>
      {timeText(at, ms)}
    </time>
  );
}

/** How long ago that was; the time itself is told to whoever points at it. */
export function Age({ at }: { readonly at: number }): JSX.Element {
  return (
    <time dateTime={new Date(at).toISOString()} title={dateText(at)}>
      {ageText(shownNow() - at)}
    </time>
  );
}
