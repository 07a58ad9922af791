import type { JSX } from "preact";
import { StatePill } from "../shell/state-pill.tsx";
import { Time } from "../shell/time.tsx";
import { countText } from "../state/number-text.ts";
import { linkTo } from "../state/route.ts";
import { levelTones } from "./level-tone.ts";
import type { MissedLines, ShownLine } from "./log-lines.ts";

interface Props {
  readonly line: ShownLine | MissedLines;
  readonly chosen: boolean;
  readonly onChoose: (line: ShownLine) => void;
}

export function LogRow({ line, chosen, onChoose }: Props): JSX.Element {
  if ("missed" in line)
    return (
      <div class="message-gap">
        {countText(line.missed)} lines of {line.host}, of whatever level, are missing here: it keeps only the newest.
      </div>
    );
  const { at, level, host, manager, message, error } = line;
  return (
    <div class={`log-line${chosen ? " chosen" : ""}`}>
      <Time class="message-time" at={at} ms />
      <StatePill state={level} tone={levelTones[level]} />
      <button type="button" class="log-message" aria-pressed={chosen} onClick={() => onChoose(line)}>
        {message || "No message"}
        {error && <span class="muted"> · {String(error.message ?? error.name)}</span>}
      </button>
      <span class="log-origin">
        {manager === null ? <span class="muted">{host}</span> : <Manager name={manager} host={host} />}
      </span>
    </div>
  );
}

/** The host is told where the address does not name it. */
function Manager({ name, host }: { readonly name: string; readonly host: string }): JSX.Element {
  const address = name.slice(name.indexOf("/") + 1);
  return (
    <>
      <a href={linkTo.manager(name)}>{name}</a>
      {address.split("@")[0] !== host && <span class="muted"> {host}</span>}
    </>
  );
}
