import type { JSX } from "preact";
import { FilterField } from "../shell/filter-field.tsx";
import type { OperationTimes } from "../state/latencies.ts";
import { countText, durationText, percentText } from "../state/number-text.ts";
import { fleet, shownNow } from "../state/page.ts";
import { soughtText } from "../state/route.ts";
import { type Scale, scaleOf, TimesChart } from "./times-chart.tsx";

/** Those with the longest p99, where there are more. */
const mostShown = 60;

/** How long calls take, an operation each, all by one scale. */
export function LatencyPage(): JSX.Element {
  const sought = soughtText();
  const all = fleet.latencies.at(shownNow());
  const fitting = all
    .filter(({ operation }) => operation.toLowerCase().includes(sought))
    .sort((one, other) => other.p99 - one.p99);
  const shown = fitting.slice(0, mostShown);
  const scale = scaleOf(shown);
  return (
    <div class="latency">
      <div class="latency-head">
        <h1>Latency</h1>
        <FilterField label="Filter operations" placeholder="Filter by manager or operation" />
      </div>
      <p class="muted">
        The last ten minutes, as far as this page was told of them. Of each host 200 calls a second are timed at most,
        the others only counted.
      </p>
      {shown.length === 0 ? (
        <p class="empty">{all.length === 0 ? "No call has ended yet." : "Nothing fits the filter."}</p>
      ) : (
        <ul class="multiples">
          {shown.map((times) => (
            <Operation key={times.operation} times={times} scale={scale} />
          ))}
        </ul>
      )}
      {fitting.length > shown.length && (
        <p class="muted">{countText(fitting.length - shown.length)} faster ones are left out: filter to see them.</p>
      )}
    </div>
  );
}

function Operation({ times, scale }: { readonly times: OperationTimes; readonly scale: Scale }): JSX.Element {
  const { operation, p50, p99, timed, failed } = times;
  return (
    <li class="card multiple">
      <h2>{operation}</h2>
      <dl class="multiple-figures">
        <div>
          <dt>p50</dt>
          <dd>{durationText(p50)}</dd>
        </div>
        <div>
          <dt>p99</dt>
          <dd>{durationText(p99)}</dd>
        </div>
        <div>
          <dt>Timed</dt>
          <dd>{countText(timed)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd class={failed > 0 ? "bad" : ""}>{percentText(failed / timed)}</dd>
        </div>
      </dl>
      <TimesChart times={times} scale={scale} />
    </li>
  );
}
