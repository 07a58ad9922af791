import type { JSX } from "preact";
import { Time } from "../shell/time.tsx";
import { eventText } from "../state/event-text.ts";
import type { ShownMessage } from "../state/message-ring.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { endText } from "./call-end.ts";
import { type Lanes, outside } from "./lanes.ts";

/** Which part of the lanes is in sight, in pixels. */
export interface LaneView {
  /** How far the lanes are scrolled. */
  readonly shift: number;
  readonly width: number;
  readonly laneWidth: number;
}

interface Props {
  readonly message: ShownMessage;
  readonly lanes: Lanes;
  readonly view: LaneView;
  /** Too narrow for lanes: the same in words. */
  readonly asList: boolean;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

export function MessageRow(props: Props): JSX.Element {
  const { message, asList, chosen, onChoose } = props;
  const { gap, depth, at, type, operation, fromName = outside, toName, count } = message;
  if (gap !== undefined) return <div class="message-gap">{gap}</div>;
  const what = operation ?? eventText(type);
  const times = count > 1 ? ` ×${countText(count)}` : "";
  const isCall = type === "call";
  const ended = endText(message, fleet.host(message.instance)?.hearing.is === "current");
  const failed = message.end?.error !== undefined;
  const indent = { paddingLeft: `${depth * 14}px` };
  return (
    <button
      type="button"
      class={`message${isCall ? "" : " lifecycle"}${chosen ? " chosen" : ""}${failed ? " failed" : ""}`}
      data-operation={what}
      aria-pressed={chosen}
      onClick={onChoose}
    >
      <Time class="message-time" at={at} ms />
      {asList ? (
        <span class="message-words" style={indent}>
          <span class="message-what">
            {what}
            {times}
          </span>
          <span class="muted">
            {isCall ? `${fromName} → ${toName}` : toName} <span class="message-end">{ended}</span>
          </span>
        </span>
      ) : (
        <>
          <span class="message-call" style={indent} aria-hidden="true">
            <span class="message-what">{what}</span>
            {count > 1 && <b class="message-times">×{countText(count)}</b>}
            <span class="message-end">{ended}</span>
          </span>
          <Lines {...props} />
          <span class="visually-hidden">
            {isCall ? `${fromName} calls ${toName}: ${what}${times}` : `${toName}: ${what}`}
            {ended && `, ${ended}`}
          </span>
        </>
      )}
    </button>
  );
}

/** The lanes themselves are a background: only what is in sight of a message is drawn. */
function Lines({ message, lanes, view }: Props): JSX.Element {
  const { fromName = outside, toName, type } = message;
  const { shift, width, laneWidth } = view;
  const place = (name: string): number => ((lanes.indexOf.get(name) ?? 0) + 0.5) * laneWidth - shift;
  const isCall = type === "call";
  const [from, to] = [place(isCall ? fromName : toName), place(toName)];
  const inward = to > from ? -5 : 5;
  if (Math.max(from, to) < 0 || Math.min(from, to) > width)
    return (
      <span class="message-lines" aria-hidden="true">
        <span class="message-away">{isCall ? `${fromName} → ${toName}` : toName}</span>
      </span>
    );
  const inSight = (x: number): number => Math.max(-20, Math.min(width + 20, x));
  return (
    <span class="message-lines" aria-hidden="true">
      <svg width={width} height="34" aria-hidden="true">
        {from === to ? (
          <circle class="message-dot" cx={to} cy="17" r="5" />
        ) : (
          <>
            <line class="message-line" x1={inSight(from)} x2={inSight(to + inward)} y1="17" y2="17" />
            <circle class="message-start" cx={inSight(from)} cy="17" r="3" />
            <path class="message-arrow" d={`M${inSight(to)},17 l${inward * 1.7},-4.5 v9 Z`} />
          </>
        )}
      </svg>
      {to < 0 && <span class="message-away">← {toName}</span>}
      {to > width && <span class="message-away at-end">{toName} →</span>}
    </span>
  );
}
