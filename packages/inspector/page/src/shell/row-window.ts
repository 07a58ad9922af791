import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Tables with no more rows are there in full, also twenty of them below each other. */
const fewRows = 5;
/** Beyond what is in sight, on both sides. */
const sparePx = 300;
const guessedPx = 36;

/** The rows of a table that are there, and how high what is left out before and after them is. */
export interface RowWindow {
  readonly from: number;
  readonly to: number;
  readonly beforePx: number;
  readonly afterPx: number;
}

/** The part of the table that is in sight, and some more, in pixels from its begin. */
interface Sight {
  readonly top: number;
  readonly bottom: number;
}

/**
 * Which rows of a long table are in sight, whatever scrolls it: the page, or a box that it stands in. Rows may be of different
 * heights; that of rows that were never in sight is guessed.
 *
 * @param body of the table; each of its rows that stands for one of these keys has it as `data-row`, and further rows follow the one they belong to
 */
export function useRowWindow(body: RefObject<HTMLElement | null>, keys: readonly string[]): RowWindow {
  const heights = useRef(new Map<string, number>());
  const [sight, setSight] = useState<Sight>({ top: 0, bottom: 0 });
  const isLong = keys.length > fewRows;
  const look = (isBlank = false): void => {
    if (!body.current) return;
    const { top } = body.current.getBoundingClientRect();
    const next = { top: -top - sparePx, bottom: innerHeight - top + sparePx };
    setSight((now) => (isBlank ? next : nextSight(now, next)));
  };

  useLayoutEffect(() => {
    if (!isLong) return;
    let frame = 0;
    const soon = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => look());
    };
    addEventListener("scroll", soon, { capture: true, passive: true });
    addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", soon, { capture: true });
      removeEventListener("resize", soon);
    };
  }, [isLong]);

  useLayoutEffect(() => {
    if (!isLong || !body.current) return;
    if (heights.current.size > 4 * keys.length) heights.current.clear();
    measure(body.current.children as HTMLCollectionOf<HTMLElement>, heights.current);
    look();
    // What stands above it may grow or shrink later, and nobody scrolls.
    const observer = new IntersectionObserver((rooms) => rooms.some((one) => one.isIntersecting) && look(true));
    for (const room of body.current.querySelectorAll(":scope > .left-out")) observer.observe(room);
    return () => observer.disconnect();
  });

  return isLong ? windowOf(keys, heights.current, sight) : { from: 0, to: keys.length, beforePx: 0, afterPx: 0 };
}

/** Rows come and go some at a time, not with each pixel. */
function nextSight(now: Sight, next: Sight): Sight {
  const isNear = Math.abs(now.top - next.top) < sparePx / 2 && Math.abs(now.bottom - next.bottom) < sparePx / 2;
  return isNear ? now : next;
}

function measure(rows: HTMLCollectionOf<HTMLElement>, heights: Map<string, number>): void {
  let key: string | undefined;
  for (const row of rows) {
    const { row: own } = row.dataset;
    if (own !== undefined) heights.set(own, row.offsetHeight);
    else if (row.classList.contains("left-out")) key = undefined;
    else if (key !== undefined) heights.set(key, heights.get(key)! + row.offsetHeight);
    key = own ?? key;
  }
}

function windowOf(keys: readonly string[], heights: ReadonlyMap<string, number>, { top, bottom }: Sight): RowWindow {
  let [from, to, beforePx, afterPx, at] = [0, 0, 0, 0, 0];
  for (const [index, key] of keys.entries()) {
    const height = heights.get(key) ?? guessedPx;
    at += height;
    if (at <= top) {
      from = index + 1;
      beforePx = at;
    } else if (at - height < bottom) to = index + 1;
    else afterPx += height;
  }
  // Below all of it, or far above: it takes its room all the same.
  return to <= from ? { from, to: from, beforePx, afterPx } : { from, to, beforePx, afterPx };
}
