import type { ComponentChildren, JSX } from "preact";

interface Props {
  readonly label: string;
  readonly class: string;
  readonly children: ComponentChildren;
}

/** What scrolls on its own; the arrow keys scroll it too. */
export function Scrollable({ label, class: name, children }: Props): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus, a keyboard cannot scroll it.
    <section class={name} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
