import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

interface Options<T> {
  /** Scrolls the rows. */
  readonly box: RefObject<HTMLElement | null>;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly rowHeight: number;
}

export interface RowFocus {
  /** Rows that have to exist though they may be out of sight: the one that has the focus, and the one that is to have it. */
  readonly rows: readonly number[];
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocusIn: (event: FocusEvent) => void;
  readonly onFocusOut: (event: FocusEvent) => void;
}

interface Wanted {
  readonly index: number;
  /** Where to look on when that row holds nothing to focus. */
  readonly step: 1 | -1;
}

/** Moves the focus between rows of which few exist, and keeps the row that has it. */
export function useRowFocus<T>({ box, items, keyOf, rowHeight }: Options<T>): RowFocus {
  const [held, setHeld] = useState<string | undefined>(undefined);
  const [wanted, setWanted] = useState<Wanted | undefined>(undefined);

  useLayoutEffect(() => {
    if (!wanted) return;
    const row = rowAt(box.current!, wanted.index);
    const target = focusable(row);
    target?.focus({ preventScroll: true });
    const next = wanted.index + wanted.step;
    if (target || !row || next < 0 || next >= items.length) setWanted(undefined);
    else want({ ...wanted, index: next });
  }, [wanted]);

  const indexOf = (key: string): number => items.findIndex((item) => keyOf(item) === key);

  const want = (next: Wanted): void => {
    const { scrollTop, clientHeight } = box.current!;
    const [top, bottom] = [next.index * rowHeight, (next.index + 1) * rowHeight];
    if (top < scrollTop) box.current!.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) box.current!.scrollTop = bottom - clientHeight;
    setWanted(next);
  };

  const heldIndex = held === undefined ? -1 : indexOf(held);
  return {
    rows: [...new Set([heldIndex, wanted?.index ?? -1])].filter((index) => index >= 0 && index < items.length),
    onKeyDown(event) {
      const page = Math.max(1, Math.floor(box.current!.clientHeight / rowHeight) - 1);
      const next = wantedBy(event, indexAt(event.target), items.length, page);
      if (!next) return;
      event.preventDefault();
      want(next);
    },
    onFocusIn({ target }) {
      const index = indexAt(target);
      setHeld(index >= 0 && index < items.length ? keyOf(items[index]!) : undefined);
    },
    onFocusOut({ relatedTarget }) {
      if (!(relatedTarget instanceof Node && box.current?.contains(relatedTarget))) setHeld(undefined);
    },
  };
}

/** Which row a key means, from the one that has the focus. */
function wantedBy({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, at: number, count: number, page: number) {
  if (at < 0 || ctrlKey || metaKey || altKey) return undefined;
  const to = (index: number, step: Wanted["step"]): Wanted => ({
    index: Math.min(count - 1, Math.max(0, index)),
    step,
  });
  if (key === "ArrowDown") return to(at + 1, 1);
  if (key === "ArrowUp") return to(at - 1, -1);
  if (key === "PageDown") return to(at + page, 1);
  if (key === "PageUp") return to(at - page, -1);
  if (key === "Home") return to(0, 1);
  if (key === "End") return to(count - 1, -1);
  return undefined;
}

/** Of the row that this is in; -1 for what is in none. */
function indexAt(target: EventTarget | null): number {
  const row = target instanceof Element ? target.closest("li[aria-posinset]") : null;
  return Number(row?.getAttribute("aria-posinset") ?? 0) - 1;
}

function rowAt(box: HTMLElement, index: number): Element | null {
  return box.querySelector(`li[aria-posinset="${index + 1}"]`);
}

function focusable(row: Element | null): HTMLElement | null {
  return row?.querySelector<HTMLElement>("a, button") ?? null;
}
