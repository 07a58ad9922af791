import type { JSX } from "preact";
import { type Hearing, isTombstone } from "../../../src/hearing.ts";
import { StateGlyph } from "../shell/icons.tsx";
import { notify } from "../shell/notices.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { ageText, dateText } from "../state/clock.ts";
import { hearingText, hearingTone } from "../state/hearing-text.ts";
import type { ManagerView } from "../state/manager-view.ts";
import { mayActOn } from "../state/may-act.ts";
import { countText, percentText } from "../state/number-text.ts";
import { fleet, link, shownNow } from "../state/page.ts";
import { linkTo } from "../state/route.ts";
import type { HostTreeRow } from "./tree.ts";

interface HostRowProps {
  readonly row: HostTreeRow;
  readonly onFold: (instance: string) => void;
  /** Something is to be done to its managers. */
  readonly onAct: (row: HostTreeRow) => void;
}

export function HostRow({ row, onFold, onAct }: HostRowProps): JSX.Element {
  const { instance, host, cluster, startedAt, hearing, folded, managers, tones } = row;
  const until = hearing.is === "current" ? shownNow() : hearing.since;
  const why = hearingWhy(hearing);
  return (
    <div class="host-row">
      <button type="button" class="host-fold" aria-expanded={!folded} onClick={() => onFold(instance)}>
        <span class={folded ? "fold folded" : "fold"} aria-hidden="true" />
        <span class="host-name">{host}</span>
        {hearing.is !== "current" && <StatePill state={hearingText(hearing)} tone={hearingTone(hearing)} />}
        <span class="host-facts" title={why}>
          {why && `${why} · `}
          {cluster && `${cluster} · `}
          {countText(managers)} {managers === 1 ? "manager" : "managers"}
          {startedAt !== undefined && ` · ${hearing.is === "current" ? "up" : "was up"} ${ageText(until - startedAt)}`}
        </span>
        <span class="host-tones">
          {tones.map(([tone, count]) => (
            <span key={tone} class={`tone-count tone-${tone}`}>
              <StateGlyph tone={tone} />
              {countText(count)}
            </span>
          ))}
        </span>
      </button>
      {row.shown.length > 0 && mayActOn(instance) && (
        <button
          type="button"
          class="quiet-button"
          aria-label={`Act on managers of ${host}`}
          title="Drain, start, restart, reset or cordon several of its managers"
          onClick={() => onAct(row)}
        >
          Act
        </button>
      )}
      {isTombstone(hearing) && fleet.mayAct && (
        <button
          type="button"
          class="quiet-button"
          aria-label={`Dismiss ${host}`}
          title="Forget it, on every page, until it is back"
          onClick={() => void dismiss(instance, host)}
        >
          Dismiss
        </button>
      )}
    </div>
  );
}

function hearingWhy(hearing: Hearing): string {
  if (hearing.is === "current") return "";
  if (hearing.is === "gaveUp") return `${hearing.reason}: ${hearing.message}`;
  if (hearing.is === "foreign") return hearing.problem;
  return `last heard ${dateText(hearing.since)}`;
}

async function dismiss(instance: string, host: string): Promise<void> {
  try {
    await link.ask({ type: "dismiss", instance });
    fleet.forget(instance);
  } catch (error) {
    notify("bad", `Dismiss ${host}: ${(error as Error).message}`);
  }
}

export function ManagerRow({ view }: { readonly view: ManagerView }): JSX.Element {
  const { name, manager, address, state, tone, actor, life, ended, asOf, cause } = view;
  const { epoch, startedAt, inFlight, queued } = actor.snapshot.context;
  const now = shownNow();
  const known = asOf === undefined;
  const { callsPerSecond, errorRate } = fleet.rates.of(life, now);
  return (
    <a class={ended ? "manager-row ended" : "manager-row"} href={linkTo.manager(name)}>
      <span class="manager-name">
        <strong>{manager}</strong>
        <span class="address">{address}</span>
      </span>
      <span class="manager-state">
        <StatePill state={state} tone={tone} now />
        {cause && (
          <span class="cause" title={cause}>
            {cause}
          </span>
        )}
      </span>
      <Figure label="Epoch" value={String(epoch)} />
      <Figure label="Uptime" value={ended ? "–" : ageText((asOf ?? now) - startedAt)} />
      <Figure label="In flight" value={known ? countText(inFlight) : "–"} strong={known && inFlight > 0} />
      <Figure label="Queued" value={known ? countText(queued) : "–"} strong={known && queued > 0} />
      <Figure
        label="Calls/s"
        value={known ? (callsPerSecond > 0 ? countText(callsPerSecond) : "·") : "–"}
        strong={known && callsPerSecond > 0}
      />
      <Figure label="Errors" value={known ? errorText(errorRate) : "–"} bad={known && (errorRate ?? 0) > 0} />
    </a>
  );
}

function errorText(rate: number | undefined): string {
  return rate === undefined ? "·" : percentText(rate);
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
