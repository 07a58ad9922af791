import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Whoever has scrolled further away from the end than this reads something else. */
const nearPx = 80;

/** Keeps the end of a list that grows there in sight. @param end what stands there; undefined where the list is left alone */
export function useEndInSight(box: RefObject<HTMLElement | null>, end: string | undefined): () => void {
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (end !== undefined && follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [end]);
  return () => {
    if (!box.current) return;
    const { scrollHeight, clientHeight, scrollTop } = box.current;
    follows.current = scrollHeight - clientHeight - scrollTop < nearPx;
  };
}
