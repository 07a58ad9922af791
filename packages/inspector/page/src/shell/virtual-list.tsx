import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props<T> {
  readonly items: readonly T[];
  readonly rowHeight: number;
  readonly keyOf: (item: T) => string;
  readonly row: (item: T, index: number) => JSX.Element;
  readonly label: string;
  readonly class?: string;
  /** Keeps the end in sight. */
  readonly follow?: boolean;
  readonly onFollow?: (follow: boolean) => void;
}

const spare = 6;

/** A long list of which only what is in sight exists. Arrow keys move between the links or buttons of its rows. */
export function VirtualList<T>(props: Props<T>): JSX.Element {
  const { items, rowHeight, keyOf, row, label, follow = false, onFollow } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = (): void => setView((before) => ({ ...before, height: element.clientHeight }));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (follow) box.current!.scrollTop = items.length * rowHeight;
  });

  const onScroll = (): void => {
    // The browser tells of a scroll with its next frame, when the list may be gone.
    if (!box.current) return;
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    setView({ top: scrollTop, height: clientHeight });
    const atEnd = scrollHeight - clientHeight - scrollTop < rowHeight * 1.5;
    if (onFollow && atEnd !== follow) onFollow(atEnd);
  };

  const from = Math.max(0, Math.min(Math.floor(view.top / rowHeight) - spare, items.length - 1));
  const to = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + spare);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows are links and buttons; arrows only move between them.
    <div
      class={`virtual ${props.class ?? ""}`}
      ref={box}
      onScroll={onScroll}
      onKeyDown={(event) => moveFocus(event, box.current!, rowHeight)}
    >
      <ul aria-label={label} style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(from, to).map((item, index) => (
          <li
            key={keyOf(item)}
            style={{ height: `${rowHeight}px`, transform: `translateY(${(from + index) * rowHeight}px)` }}
          >
            {row(item, from + index)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function moveFocus(event: KeyboardEvent, box: HTMLElement, rowHeight: number): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.target instanceof HTMLElement)) return;
  const row = event.target.closest("li");
  const next = step > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  const target = next?.querySelector<HTMLElement>("a, button");
  if (!target || !next) return;
  event.preventDefault();
  target.focus({ preventScroll: true });
  const place = next.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (place.bottom > frame.bottom || place.top < frame.top) box.scrollTop += step * rowHeight;
}
