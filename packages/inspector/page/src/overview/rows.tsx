import type { JSX } from "preact";
import { StateGlyph } from "../shell/icons.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { ageText, countText } from "../state/clock.ts";
import { causeText, type ManagerView } from "../state/manager-view.ts";
import { fleet } from "../state/page.ts";
import { linkTo } from "../state/route.ts";
import type { HostTreeRow } from "./tree.ts";

export function HostRow({
  row,
  onFold,
}: {
  readonly row: HostTreeRow;
  readonly onFold: (instance: string) => void;
}): JSX.Element {
  const { instance, host, cluster, startedAt, silent, folded, managers, tones } = row;
  return (
    <button type="button" class="host-row" aria-expanded={!folded} onClick={() => onFold(instance)}>
      <span class={folded ? "fold folded" : "fold"} aria-hidden="true" />
      <span class="host-name">{host}</span>
      <span class="host-facts">
        {cluster && `${cluster} · `}
        {countText(managers)} {managers === 1 ? "manager" : "managers"} · up {ageText(fleet.now() - startedAt)}
      </span>
      {silent && <span class="pill tone-warn">not heard lately</span>}
      <span class="host-tones">
        {tones.map(([tone, count]) => (
          <span key={tone} class={`tone-count tone-${tone}`}>
            <StateGlyph tone={tone} />
            {count}
          </span>
        ))}
      </span>
    </button>
  );
}

export function ManagerRow({ view }: { readonly view: ManagerView }): JSX.Element {
  const { name, manager, address, state, tone, actor, id, ended } = view;
  const { epoch, startedAt, inFlight, queued } = actor.snapshot.context;
  const now = fleet.now();
  const { callsPerSecond, errorRate } = fleet.rates.of(id, now);
  const cause = causeText(view);
  return (
    <a class={ended ? "manager-row ended" : "manager-row"} href={linkTo.manager(name)}>
      <span class="manager-name">
        <strong>{manager}</strong>
        <span class="address">{address}</span>
      </span>
      <span class="manager-state">
        <StatePill state={state} tone={tone} />
        {cause && (
          <span class="cause" title={cause}>
            {cause}
          </span>
        )}
      </span>
      <Figure label="Epoch" value={String(epoch)} />
      <Figure label="Uptime" value={ended ? "–" : ageText(now - startedAt)} />
      <Figure label="In flight" value={countText(inFlight)} strong={inFlight > 0} />
      <Figure label="Queued" value={countText(queued)} strong={queued > 0} />
      <Figure
        label="Calls/s"
        value={callsPerSecond > 0 ? countText(callsPerSecond) : "·"}
        strong={callsPerSecond > 0}
      />
      <Figure label="Errors" value={errorText(errorRate)} bad={(errorRate ?? 0) > 0} />
    </a>
  );
}

export function errorText(rate: number | undefined): string {
  if (rate === undefined) return "·";
  if (rate === 0) return "0 %";
  return rate < 0.001 ? "<0.1 %" : `${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)} %`;
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly strong?: boolean;
  readonly bad?: boolean;
}

function Figure({ label, value, strong = false, bad = false }: FigureProps): JSX.Element {
  return (
    <span class={`figure${strong ? " strong" : ""}${bad ? " bad" : ""}`}>
      <span class="figure-label">{label} </span>
      {value}
    </span>
  );
}
