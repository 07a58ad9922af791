import type { JSX } from "preact";
import { ageText, seconds } from "../state/clock.ts";
import { fleet, link } from "../state/page.ts";

/** Says whether what is shown is current: all of it, or of how many hosts it is not, or since when none of it is. */
export function LinkLight(): JSX.Element {
  seconds.value;
  const state = link.state.value;
  const now = Date.now();
  if (state.is === "live") {
    fleet.revision.value;
    const { unknown, hosts } = fleet;
    if (unknown === 0) return <Light tone="good" text="Live" />;
    return <Light tone="warn" text={`${unknown} of ${hosts.length} hosts unknown`} />;
  }
  if (state.is === "connecting") return <Light tone="busy" text="Connecting" />;
  if (state.is === "refused") return <Light tone="bad" text="Refused" />;
  const age = ageText(now - state.sinceMs);
  if (state.is === "stale") return <Light tone="warn" text={`Stale for ${age}`} />;
  const wait = Math.max(0, Math.ceil((state.retryAtMs - now) / 1_000));
  return (
    <>
      <Light tone="bad" text={`Stale for ${age}`} detail={wait > 0 ? `retry in ${wait} s` : "retrying"} />
      <button type="button" class="quiet-button" onClick={() => link.connect()}>
        Retry now
      </button>
    </>
  );
}

function Light({
  tone,
  text,
  detail,
}: {
  readonly tone: string;
  readonly text: string;
  readonly detail?: string;
}): JSX.Element {
  return (
    <span class={`light tone-${tone}`} role="status">
      <span class="light-dot" />
      {text}
      {detail && <span class="light-detail"> · {detail}</span>}
    </span>
  );
}
