import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useRowFocus } from "./row-focus.ts";

interface Props<T> {
  readonly items: readonly T[];
  readonly rowHeight: number;
  readonly keyOf: (item: T) => string;
  readonly row: (item: T, index: number) => JSX.Element;
  readonly label: string;
  readonly class?: string;
  /** Of the row that is brought into sight once it is there. */
  readonly reveal?: string | undefined;
  /** Keeps the end in sight. */
  readonly follow?: boolean;
  /** The end was kept in sight, and somebody has scrolled away from it. */
  readonly onLeave?: () => void;
}

const spare = 6;

/**
 * A long list of which only what is in sight exists, and the row that has the focus. The arrow keys, Home, End, PageUp and PageDown
 * move between the links or buttons of its rows.
 */
export function VirtualList<T>(props: Props<T>): JSX.Element {
  const { items, rowHeight, keyOf, row, label, follow = false, onLeave } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const focus = useRowFocus({ box, items, keyOf, rowHeight });

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = (): void => setView((before) => ({ ...before, height: element.clientHeight }));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const index = items.findIndex((item) => keyOf(item) === props.reveal);
    if (index >= 0) box.current!.scrollTop = (index + 0.5) * rowHeight - box.current!.clientHeight / 2;
  }, [props.reveal]);

  // Not with every rendering: what a person presses stays below the pointer until it is let go.
  useLayoutEffect(() => {
    if (follow) box.current!.scrollTop = items.length * rowHeight;
  }, [follow, items, rowHeight, view.height]);

  const onScroll = (): void => {
    // The browser tells of a scroll with its next frame, when the list may be gone.
    if (!box.current) return;
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    setView({ top: scrollTop, height: clientHeight });
    const atEnd = scrollHeight - clientHeight - scrollTop < rowHeight * 1.5;
    if (follow && !atEnd) onLeave?.();
  };

  const from = Math.max(0, Math.min(Math.floor(view.top / rowHeight) - spare, items.length - 1));
  const to = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + spare);
  const inSight = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  const outside = focus.rows.filter((index) => index < from || index >= to);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows are links and buttons; keys only move between them.
    <div
      class={`virtual ${props.class ?? ""}`}
      ref={box}
      onScroll={onScroll}
      onKeyDown={focus.onKeyDown}
      onFocusIn={focus.onFocusIn}
      onFocusOut={focus.onFocusOut}
    >
      <ul aria-label={label} style={{ height: `${items.length * rowHeight}px` }}>
        {[...inSight, ...outside]
          .sort((one, other) => one - other)
          .map((index) => (
            <li
              key={keyOf(items[index]!)}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              style={{ height: `${rowHeight}px`, transform: `translateY(${index * rowHeight}px)` }}
            >
              {row(items[index]!, index)}
            </li>
          ))}
      </ul>
    </div>
  );
}
