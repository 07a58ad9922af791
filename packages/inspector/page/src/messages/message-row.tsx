import type { JSX } from "preact";
import { Time } from "../shell/time.tsx";
import { countText } from "../state/clock.ts";
import { eventText } from "../state/event-text.ts";
import type { ShownMessage } from "../state/message-ring.ts";
import { fleet } from "../state/page.ts";
import { endText } from "./call-end.ts";
import { type Lanes, outside } from "./lanes.ts";

interface Props {
  readonly message: ShownMessage;
  readonly lanes: Lanes;
  readonly left: number;
  readonly laneWidth: number;
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

function Lines({ message, lanes, left, laneWidth }: Props): JSX.Element {
  const { fromName = outside, toName, type } = message;
  const place = (name: string): number => ((lanes.indexOf.get(name) ?? lanes.others ?? 0) + 0.5) * laneWidth;
  const isCall = type === "call";
  const [from, to] = [place(isCall ? fromName : toName), place(toName)];
  const width = lanes.names.length * laneWidth;
  const inward = to > from ? -5 : 5;
  return (
    <span class="message-lines" style={{ left: `${left}px`, width: `${width}px` }} aria-hidden="true">
      <svg width={width} height="34" aria-hidden="true">
        {lanes.names.map((name, index) => (
          <line key={name} class="lane" x1={(index + 0.5) * laneWidth} x2={(index + 0.5) * laneWidth} y1="0" y2="34" />
        ))}
        {from === to ? (
          <circle class="message-dot" cx={to} cy="17" r="5" />
        ) : (
          <>
            <line class="message-line" x1={from} x2={to + inward} y1="17" y2="17" />
            <circle class="message-start" cx={from} cy="17" r="3" />
            <path class="message-arrow" d={`M${to},17 l${inward * 1.7},-4.5 v9 Z`} />
          </>
        )}
      </svg>
    </span>
  );
}
