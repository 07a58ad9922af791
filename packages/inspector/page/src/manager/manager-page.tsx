import type { CallInfo, ManagerSummary } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { Sequence } from "../messages/sequence.tsx";
import { ReasonLink } from "../shell/reason-link.tsx";
import { Sparkline } from "../shell/sparkline.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { useAsked } from "../state/asked.ts";
import { ageText, dateText } from "../state/clock.ts";
import { type ManagerView, stateText, toneOf } from "../state/manager-view.ts";
import { countText, percentText } from "../state/number-text.ts";
import { fleet, shownNow } from "../state/page.ts";
import { linkTo } from "../state/route.ts";
import { Actions } from "./actions.tsx";
import { CallsInFlight } from "./calls-in-flight.tsx";
import { Chart } from "./chart.tsx";
import { ContextView } from "./context-view.tsx";
import { History } from "./history.tsx";
import { Neighbours } from "./neighbours.tsx";
import { OwnActors } from "./own-actors.tsx";

/** One manager: where it stands, why, how it came there, and what reaches it. */
export function ManagerPage({ name }: { readonly name: string }): JSX.Element {
  fleet.revision.value;
  const view = fleet.manager(name);
  if (!view) return <Missing name={name} />;
  return <Present view={view} />;
}

interface Listed<T> {
  readonly items: readonly T[];
}

function Present({ view }: { readonly view: ManagerView }): JSX.Element {
  const { instance, name } = view;
  const [key, input] = [`${instance} ${name}`, { filter: { manager: name } }];
  const summary = useAsked<Listed<ManagerSummary>>({ instance, operation: "list", input }, key);
  const calls = useAsked<Listed<CallInfo>>({ instance, operation: "calls", input }, key);
  const cordon = summary.asked.value.answer?.items[0]?.cordon ?? undefined;
  const { answer, refusal } = calls.asked.value;
  const again = (): void => {
    summary.again();
    calls.again();
  };
  return (
    <div class="manager-page">
      <Neighbours current={view} />
      <div class="manager-main">
        <Head view={view} cordoned={cordon !== undefined} onDone={again} />
        {cordon && <Cordoned cordon={cordon} />}
        <Causes view={view} />
        <Figures view={view} />
        <OwnActors view={view} />
        <div class="manager-cards">
          <ManagerChart view={view} />
          <div class="manager-side">
            <History view={view} />
            <ContextView view={view} />
          </div>
        </div>
        <CallsInFlight instance={view.instance} calls={answer?.items} refusal={refusal} onDone={again} />
        <section class="card manager-messages" aria-labelledby="manager-messages-title">
          <h2 id="manager-messages-title">Messages</h2>
          <Sequence only={view.name} />
        </section>
      </div>
    </div>
  );
}

function ManagerChart({ view }: { readonly view: ManagerView }): JSX.Element {
  const { definition, snapshot, history } = view.actor;
  const { value, context } = snapshot;
  const tone = toneOf(stateText(value), context.failure);
  const [before, last] = [history.at(-2)?.value, history.at(-1)?.event];
  return <Chart definition={definition} value={value} before={before} event={last} tone={tone} />;
}

interface HeadProps {
  readonly view: ManagerView;
  readonly cordoned: boolean;
  readonly onDone: () => void;
}

function Head({ view, cordoned, onDone }: HeadProps): JSX.Element {
  const host = fleet.host(view.instance)?.name;
  return (
    <div class="manager-head">
      <div class="manager-title">
        <a class="back" href={linkTo.overview}>
          Overview
        </a>
        <h1>
          {view.manager}
          <span class="address">{view.address}</span>
        </h1>
        <div class="manager-status">
          <StatePill state={view.ended ? `${view.state} · ended` : view.state} tone={view.tone} now />
          {cordoned && <StatePill state="cordoned" tone="reset" />}
          {host && <span class="muted">on {host}</span>}
        </div>
      </div>
      <Actions view={view} cordoned={cordoned} onDone={onDone} />
    </div>
  );
}

function Cordoned({ cordon }: { readonly cordon: NonNullable<ManagerSummary["cordon"]> }): JSX.Element {
  const { reason, by, at } = cordon;
  return (
    <p class="causes tone-reset" role="note" aria-label="Why it is cordoned">
      Nothing is placed on it: {reason} ({by}, {dateText(at)})
    </p>
  );
}

function Causes({ view }: { readonly view: ManagerView }): JSX.Element | null {
  const { causes, failure } = view.actor.snapshot.context;
  const { asOf, told, tone } = view;
  if (causes.length === 0 && failure === undefined && asOf === undefined) return null;
  return (
    <ul
      class={`causes tone-${asOf === undefined ? (failure === undefined ? "warn" : "bad") : tone}`}
      aria-label="Why it is so"
    >
      {asOf !== undefined && (
        <li>
          It was <code>{told}</code> when it was last heard, at {dateText(asOf)}.
        </li>
      )}
      {causes.map(({ reason, message }) => (
        <li key={reason}>
          <ReasonLink reason={reason} /> {message}
        </li>
      ))}
      {failure !== undefined && (
        <li>
          <code>FAILED</code> {failure}
        </li>
      )}
    </ul>
  );
}

function Figures({ view }: { readonly view: ManagerView }): JSX.Element {
  const { epoch, startedAt, inFlight, queued, calls, errors } = view.actor.snapshot.context;
  const now = shownNow();
  const { callsPerSecond, errorRate } = fleet.rates.of(view.life, now);
  const known = view.asOf === undefined;
  return (
    <dl class="figures card">
      <Figure label="Epoch" value={String(epoch)} />
      <Figure label="Uptime" value={view.ended ? "–" : ageText((view.asOf ?? now) - startedAt)} />
      <Figure label="In flight" value={known ? countText(inFlight) : "–"} />
      <Figure label="Queued" value={known ? countText(queued) : "–"} />
      <Figure label="Calls/s" value={known ? countText(callsPerSecond) : "–"} note={`${countText(calls)} in all`}>
        <Sparkline values={fleet.rates.curve(view.life)} />
      </Figure>
      <Figure
        label="Errors, last minute"
        value={errorRate === undefined || !known ? "–" : percentText(errorRate)}
        note={`${countText(errors)} in all`}
      />
    </dl>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly children?: JSX.Element;
}

function Figure({ label, value, note, children }: FigureProps): JSX.Element {
  return (
    <div class="big-figure">
      <dt>{label}</dt>
      <dd>
        <span class="big-value">{value}</span>
        {note && <span class="muted"> {note}</span>}
        {children}
      </dd>
    </div>
  );
}

function Missing({ name }: { readonly name: string }): JSX.Element {
  return (
    <div class="missing">
      <h1>{name}</h1>
      <p>{fleet.hosts.length === 0 ? "Waiting for the first host…" : "No host runs this manager now."}</p>
      <a href={linkTo.overview}>Back to the overview</a>
    </div>
  );
}
