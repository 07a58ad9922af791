import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Lanes } from "./lanes.ts";
import type { LaneView } from "./message-row.tsx";

const spare = 1;

interface Props {
  readonly lanes: Lanes;
  readonly view: LaneView;
  readonly box: RefObject<HTMLElement | null>;
  readonly onShift: (shift: number) => void;
}

/** Whose lane is where; those in sight only, however many there are. It scrolls all lanes sideways. */
export function LaneHeads({ lanes, view, box, onShift }: Props): JSX.Element {
  const { shift, width, laneWidth } = view;
  const from = Math.max(0, Math.floor(shift / laneWidth) - spare);
  const to = Math.ceil((shift + width) / laneWidth) + spare;
  const first = useRef<string | undefined>(undefined);
  // What a person looks at stays where it is when lanes come and go before it.
  useLayoutEffect(() => {
    const index = shift > 0 && first.current !== undefined ? lanes.indexOf.get(first.current) : undefined;
    if (index !== undefined && box.current) box.current.scrollLeft = index * laneWidth + (shift % laneWidth);
  }, [lanes, laneWidth]);
  first.current = lanes.names[Math.floor(shift / laneWidth)];
  return (
    <section
      class="lane-heads"
      tabIndex={lanes.names.length * laneWidth > width ? 0 : undefined}
      aria-label="Lanes, scrollable"
      ref={box}
      onScroll={({ currentTarget }) => onShift(currentTarget.scrollLeft)}
    >
      <div class="lane-heads-all" style={{ width: `${lanes.names.length * laneWidth}px` }}>
        {lanes.names.slice(from, to).map((name, index) => (
          <span
            key={name}
            class="lane-head"
            style={{ width: `${laneWidth}px`, left: `${(from + index) * laneWidth}px` }}
            title={name}
          >
            <LaneName name={name} />
          </span>
        ))}
      </div>
    </section>
  );
}

function LaneName({ name }: { readonly name: string }): JSX.Element {
  const [manager, ...address] = name.split("/");
  return (
    <>
      <strong>{manager}</strong>
      <span class="address">{address.join("/")}</span>
    </>
  );
}
