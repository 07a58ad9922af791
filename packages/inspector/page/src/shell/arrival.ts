import { useEffect, useRef } from "preact/hooks";

/** Gives the heading of a view the focus when somebody has gone there, so that it is read out and the next key begins there. */
export function useArrival(view: string): void {
  const seen = useRef(view);
  useEffect(() => {
    if (seen.current === view) return;
    seen.current = view;
    const heading = document.querySelector<HTMLElement>("main h1");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus();
  }, [view]);
}
