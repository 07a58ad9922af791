import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { useEndInSight } from "./end-in-sight.ts";

interface Props {
  readonly label: string;
  readonly class: string;
  /** What stands at its end, which is kept in sight. Default: its begin is. */
  readonly end?: string | undefined;
  readonly children: ComponentChildren;
}

/** What scrolls on its own; the arrow keys scroll it too. */
export function Scrollable({ label, class: name, end, children }: Props): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const onScroll = useEndInSight(box, end);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus, a keyboard cannot scroll it.
    <section class={name} tabIndex={0} aria-label={label} ref={box} onScroll={end === undefined ? undefined : onScroll}>
      {children}
    </section>
  );
}
