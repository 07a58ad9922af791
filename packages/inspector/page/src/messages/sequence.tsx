import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { FilterField } from "../shell/filter-field.tsx";
import { PauseButton, usePausing } from "../shell/pausing.tsx";
import { VirtualList } from "../shell/virtual-list.tsx";
import { dateText } from "../state/clock.ts";
import type { ShownMessage } from "../state/message-ring.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { filterOf, setFilter } from "../state/route.ts";
import { LaneHeads } from "./lane-heads.tsx";
import { type Lanes, lanesOf } from "./lanes.ts";
import { messageAt, placeOf, timeOf } from "./meant-message.ts";
import { filterMessages, type MessageKind } from "./message-filter.ts";
import { type LaneView, MessageRow } from "./message-row.tsx";
import { PayloadView } from "./payload-view.tsx";

const kinds: Readonly<Record<MessageKind, string>> = { all: "All", calls: "Calls", lifecycle: "Lifecycle" };
/** Time, and what was called and how that went: as wide as `--words` of the styles. */
const wordsWidth = 424;
const scrollbar = 12;
const narrowestLane = 104;

/** Who sent what to whom, in the order of time. */
export function Sequence({ only }: { readonly only?: string }): JSX.Element {
  const text = filterOf("find");
  const named = filterOf("kind");
  const kind: MessageKind = named in kinds ? (named as MessageKind) : "all";
  const chosen = useSignal<ShownMessage | undefined>(undefined);
  const width = useSignal(800);
  const shift = useSignal(0);
  /** The time that the address names and that is not sought any more. */
  const seen = useSignal("");
  const reveal = useSignal<string | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const heads = useRef<HTMLElement>(null);
  const lanesBefore = useRef<Lanes | undefined>(undefined);
  const revision = fleet.revision.value;

  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => (width.value = box.current?.clientWidth ?? 800));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);

  const { items: source, paused, pause } = usePausing(fleet.messages.all);
  const shown = useMemo(
    () => filterMessages(source, { text, kind, only }),
    [source, paused ? 0 : revision, text, kind, only],
  );
  const asList = width.value < 760;
  const lanes = useMemo(() => lanesOf(asList ? [] : shown, lanesBefore.current), [shown, asList]);
  lanesBefore.current = lanes;
  const lanesWidth = width.value - wordsWidth - scrollbar;
  const laneWidth = Math.max(narrowestLane, lanesWidth / Math.max(1, lanes.names.length));
  const view = useMemo<LaneView>(
    () => ({ shift: shift.value, width: lanesWidth, laneWidth }),
    [shift.value, lanesWidth, laneWidth],
  );
  const choose = (message: ShownMessage | undefined): void => {
    chosen.value = message;
    if (only !== undefined) return;
    seen.value = message ? placeOf(message) : "";
    setFilter("at", seen.value);
  };
  // Of a manager's own page the address names a step.
  const at = only === undefined ? filterOf("at") : "";
  const meant = at === "" || at === seen.value ? undefined : messageAt(fleet.messages.all, at);
  useLayoutEffect(() => {
    if (meant?.is !== "known") return;
    pause(true);
    reveal.value = meant.message.key;
    choose(meant.message);
  }, [meant?.is]);
  return (
    <div class="sequence">
      <div class="sequence-tools">
        <FilterField label="Filter messages" placeholder="Filter by manager, operation, request or caller" />
        <fieldset class="segments">
          <legend class="visually-hidden">Kind of message</legend>
          {(Object.keys(kinds) as MessageKind[]).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={kind === one}
              onClick={() => setFilter("kind", one === "all" ? "" : one)}
            >
              {kinds[one]}
            </button>
          ))}
        </fieldset>
        <PauseButton paused={paused} pause={pause} />
        <button type="button" class="button" onClick={() => clear(pause)}>
          Clear
        </button>
        <span class="sequence-count">
          {countText(shown.length)} shown of {countText(fleet.messages.total)}
          {fleet.messages.skipped > 0 && ` · ${countText(fleet.messages.skipped)} left out`}
        </span>
      </div>
      {meant?.is === "unknown" && (
        <p class="sequence-note" role="note">
          What was told at {dateText(timeOf(at))} is not known any more; this is what was told since{" "}
          {dateText(meant.since)}.
        </p>
      )}
      <div class="sequence-body">
        <div class="sequence-frame" ref={box}>
          <div
            class="sequence-scroll"
            style={{ "--lane-width": `${laneWidth}px`, "--lane-shift": `${-shift.value}px` }}
            onWheel={({ deltaX }) => heads.current?.scrollBy(deltaX, 0)}
          >
            {!asList && <LaneHeads lanes={lanes} view={view} box={heads} onShift={(to) => (shift.value = to)} />}
            {shown.length === 0 ? (
              <p class="empty">
                {fleet.messages.all.length === 0 ? "No messages yet." : "No message fits the filter."}
              </p>
            ) : (
              <VirtualList
                items={shown}
                rowHeight={asList ? 52 : 34}
                keyOf={({ key }) => key}
                row={(message) => (
                  <MessageRow
                    message={message}
                    lanes={lanes}
                    view={view}
                    asList={asList}
                    chosen={chosen.value?.key === message.key}
                    onChoose={() => {
                      choose(message);
                      bringIntoSight(heads.current, lanes, message, view);
                    }}
                  />
                )}
                label="Messages"
                reveal={reveal.value}
                class="sequence-list"
                follow={!paused}
                onLeave={() => pause(true)}
              />
            )}
          </div>
        </div>
        {chosen.value && (
          <PayloadView
            key={chosen.value.key}
            message={shown.find(({ key }) => key === chosen.value?.key) ?? chosen.value}
            onRequest={(requestId) => setFilter("find", requestId)}
            onClose={() => choose(undefined)}
          />
        )}
      </div>
    </div>
  );
}

function clear(pause: (paused: boolean) => void): void {
  fleet.messages.clear();
  pause(false);
  fleet.touch();
}

/** The lane of whom the message is for. */
function bringIntoSight(heads: HTMLElement | null, lanes: Lanes, { toName }: ShownMessage, view: LaneView): void {
  const { shift, width, laneWidth } = view;
  const place = (lanes.indexOf.get(toName) ?? 0) * laneWidth;
  if (heads && (place < shift || place + laneWidth > shift + width)) heads.scrollLeft = place - (width - laneWidth) / 2;
}
