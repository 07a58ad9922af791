import type { JSX } from "preact";
import { StateGlyph } from "../shell/icons.tsx";
import type { Tone } from "../state/manager-view.ts";
import { countText } from "../state/number-text.ts";
import { fleet, shownNow } from "../state/page.ts";
import { tonesOf } from "./tree.ts";

const names: Readonly<Record<Tone, string>> = {
  good: "Serving",
  warn: "Degraded",
  busy: "Starting",
  reset: "Resetting",
  quiet: "Draining or stopped",
  bad: "Failed",
  lost: "Lost",
  unknown: "Unknown",
};
const always: readonly Tone[] = ["good", "warn", "bad"];

interface Props {
  readonly tone: Tone | undefined;
  readonly onTone: (tone: Tone) => void;
}

/** How the whole fleet is, in a few numbers that filter the tree. */
export function Summary({ tone, onTone }: Props): JSX.Element {
  fleet.revision.value;
  const managers = fleet.managers();
  const counts = new Map(tonesOf(managers));
  const now = shownNow();
  const known = managers.filter(({ asOf }) => asOf === undefined);
  const calls = known.reduce((sum, { life }) => sum + fleet.rates.of(life, now).callsPerSecond, 0);
  const inFlight = known.reduce((sum, { actor }) => sum + actor.snapshot.context.inFlight, 0);
  const { hosts } = fleet;
  const live = hosts.filter(({ hearing }) => hearing.is === "current").length;
  const shown = (Object.keys(names) as Tone[]).filter((one) => always.includes(one) || counts.has(one));
  return (
    <div class="summary">
      <fieldset class="summary-tones">
        <legend class="visually-hidden">Show only managers that are</legend>
        {shown.map((one) => (
          <button
            key={one}
            type="button"
            class={`tile tone-${one}`}
            aria-pressed={tone === one}
            onClick={() => onTone(one)}
          >
            <span class="tile-count">{countText(counts.get(one) ?? 0)}</span>
            <span class="tile-name">
              <StateGlyph tone={one} />
              {names[one]}
            </span>
          </button>
        ))}
      </fieldset>
      <dl class="summary-figures">
        <div>
          <dd>{live === hosts.length ? countText(live) : `${countText(live)} of ${countText(hosts.length)}`}</dd>
          <dt>{hosts.length === 1 ? "Host" : "Hosts"}</dt>
        </div>
        <div>
          <dd>{countText(Math.round(calls))}</dd>
          <dt>Calls/s</dt>
        </div>
        <div>
          <dd>{countText(inFlight)}</dd>
          <dt>In flight</dt>
        </div>
      </dl>
    </div>
  );
}
