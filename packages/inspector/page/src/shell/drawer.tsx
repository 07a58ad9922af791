import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { isTyping } from "./is-typing.ts";

interface Props {
  /** What it is, for whoever does not see it. */
  readonly label: string;
  readonly title: string;
  readonly class: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Opens beside what it is about: it takes the focus, Esc closes it, and the focus goes back to where it came from. */
export function Drawer({ label, title, class: name, onClose, children }: Props): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const element = box.current!;
    heading.current!.focus({ preventScroll: true });
    return () => {
      if (element.contains(document.activeElement) && opener instanceof HTMLElement && opener.isConnected)
        opener.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    const onKeyDown = ({ key, target }: KeyboardEvent): void => {
      if (key === "Escape" && !isTyping(target) && !document.querySelector("dialog[open]")) onClose();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  });
  return (
    <aside class={name} aria-label={label} ref={box}>
      <div class="card-head">
        <h2 tabIndex={-1} ref={heading}>
          {title}
        </h2>
        <button type="button" class="quiet-button" onClick={onClose}>
          Close
        </button>
      </div>
      {children}
    </aside>
  );
}
