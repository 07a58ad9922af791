import type { LogLevelInfo } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { notify } from "../shell/notices.tsx";
import { useAsked } from "../state/asked.ts";
import { ageText } from "../state/clock.ts";
import { link } from "../state/page.ts";

const levels = ["debug", "info", "warn", "error", "silent"];
/** A level that a person sets to look into something is not left on by oversight. */
const forMs = 3_600_000;

interface Props {
  readonly instance: string;
  readonly host: string;
  readonly mayAct: boolean;
}

/** How much a host logs: shown, and set for an hour. */
export function LogLevelOf({ instance, host, mayAct }: Props): JSX.Element | null {
  const { asked, again } = useAsked<LogLevelInfo>({ instance, operation: "logLevel", input: {} }, instance);
  const { answer } = asked.value;
  if (!answer) return null;
  const { level, revertsTo, revertsInMs } = answer;
  if (level === null) return <span class="muted">It was given a logger of its own.</span>;
  return (
    <span class="log-level">
      {revertsTo !== null && (
        <span class="muted">
          {revertsTo} again in {ageText(revertsInMs ?? 0)}
        </span>
      )}
      <label>
        Logs from{" "}
        <select
          class="field"
          aria-label={`Log level of ${host}`}
          disabled={!mayAct}
          value={level}
          onChange={({ currentTarget }) => void set(instance, host, currentTarget.value).then(again)}
        >
          {levels.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
    </span>
  );
}

async function set(instance: string, host: string, level: string): Promise<void> {
  const say = notify("busy", `Log level of ${host}…`);
  try {
    await link.ask({ type: "call", instance, operation: "setLogLevel", input: { level, forMs } });
    say("good", `${host} logs from ${level} for an hour.`);
  } catch (error) {
    say("bad", `Log level of ${host}: ${(error as Error).message}`);
  }
}
