import type { JSX } from "preact";
import { ageText, seconds } from "../state/clock.ts";
import { countText } from "../state/number-text.ts";
import { fleet, link } from "../state/page.ts";

interface Light {
  readonly tone: string;
  /** Announced when it changes. */
  readonly text: string;
  /** Changes every second, and is only seen. */
  readonly detail?: string;
}

/** Says whether what is shown is current: all of it, or of how many hosts it is not, or since when none of it is. */
export function LinkLight(): JSX.Element {
  seconds.value;
  fleet.revision.value;
  const { tone, text, detail } = light();
  return (
    <>
      <span class={`light tone-${tone}`}>
        <span class="light-dot" />
        <span role="status">{text}</span> {detail !== undefined && <span class="light-detail">{detail}</span>}
      </span>
      {link.state.value.is === "lost" && (
        <button type="button" class="quiet-button" onClick={() => link.connect()}>
          Retry now
        </button>
      )}
    </>
  );
}

function light(): Light {
  const state = link.state.value;
  const now = Date.now();
  if (state.is === "connecting") return { tone: "busy", text: "Connecting" };
  if (state.is === "refused") return { tone: "bad", text: "Refused" };
  if (state.is === "live") {
    const { unknown, hosts } = fleet;
    if (unknown === 0) return { tone: "good", text: "Live" };
    return { tone: "warn", text: `${countText(unknown)} of ${countText(hosts.length)} hosts unknown` };
  }
  const age = ageText(now - state.sinceMs);
  if (state.is === "stale") return { tone: "warn", text: "Stale", detail: `for ${age}` };
  const wait = Math.max(0, Math.ceil((state.retryAtMs - now) / 1_000));
  return { tone: "bad", text: "Stale", detail: `for ${age} · ${wait > 0 ? `retry in ${wait} s` : "retrying"}` };
}
