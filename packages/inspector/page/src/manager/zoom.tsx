import type { Signal } from "@preact/signals";
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** How large a chart is drawn: as wide as its room, as a whole, or by a factor. */
export type Zoom = "width" | "whole" | number;

const [least, most, step] = [0.2, 3, 1.25];

interface ButtonsProps {
  readonly zoom: Signal<Zoom>;
  /** Holds the box. */
  readonly card: RefObject<HTMLElement | null>;
}

export function ZoomButtons({ zoom, card }: ButtonsProps): JSX.Element {
  const by = (factor: number) => () => zoomBy(zoom, card.current?.querySelector<HTMLElement>(".chart-box"), factor);
  return (
    <>
      <button type="button" class="quiet-button" aria-label="Zoom out" onClick={by(1 / step)}>
        −
      </button>
      <button type="button" class="quiet-button" aria-label="Zoom in" onClick={by(step)}>
        +
      </button>
      <button
        type="button"
        class="quiet-button"
        aria-pressed={zoom.value === "whole"}
        onClick={() => (zoom.value = zoom.value === "whole" ? "width" : "whole")}
      >
        Fit
      </button>
    </>
  );
}

interface BoxProps {
  readonly zoom: Signal<Zoom>;
  readonly drawing: { readonly width: number; readonly height: number };
  readonly children: ComponentChildren;
}

/** Holds what is drawn. It is moved by dragging, with the arrow keys and by scrolling; `+`, `-`, `0` and the wheel with Ctrl zoom. */
export function ZoomBox({ zoom, drawing, children }: BoxProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const { width, height } = drawing;
  useEffect(() => {
    const { current } = box;
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomBy(zoom, current, event.deltaY < 0 ? step : 1 / step);
    };
    // One that preact adds may not keep the browser from zooming the page.
    current?.addEventListener("wheel", onWheel, { passive: false });
    return () => current?.removeEventListener("wheel", onWheel);
  }, []);
  const onKeyDown = ({ key }: KeyboardEvent): void => {
    if (key === "+") zoomBy(zoom, box.current, step);
    else if (key === "-") zoomBy(zoom, box.current, 1 / step);
    else if (key === "0") zoom.value = "width";
  };
  const size = typeof zoom.value === "number" ? `${width * zoom.value}px` : undefined;
  return (
    <section
      class={`chart-box zoom-${size === undefined ? zoom.value : "by"}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus, a keyboard can neither scroll nor zoom it.
      tabIndex={0}
      aria-label="Statechart, scrollable; plus and minus zoom"
      style={{ "--chart-width": `${width}px`, "--chart-height": `${height}px`, ...(size && { "--chart-size": size }) }}
      ref={box}
      onKeyDown={onKeyDown}
      onPointerDown={drag}
    >
      {children}
    </section>
  );
}

/** From what it is drawn at now. */
function zoomBy(zoom: Signal<Zoom>, box: HTMLElement | null | undefined, factor: number): void {
  const svg = box?.querySelector("svg");
  if (!svg) return;
  const now = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  zoom.value = Math.min(most, Math.max(least, now * factor));
}

/** The chart follows the pointer. */
function drag(event: PointerEvent): void {
  if (event.button !== 0 || event.pointerType !== "mouse") return;
  const box = event.currentTarget as HTMLElement;
  const [left, top] = [box.scrollLeft + event.clientX, box.scrollTop + event.clientY];
  const move = ({ clientX, clientY }: PointerEvent): void => box.scrollTo(left - clientX, top - clientY);
  const end = (): void => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
}
