import type { ActorDescription } from "@reeve/runtime/host";
import type { ChildNews, StateValue } from "@reeve/runtime/internal/inspection";
import type { JSX } from "preact";
import { JsonTree } from "../shell/json-tree.tsx";
import { Scrollable } from "../shell/scrollable.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { Time } from "../shell/time.tsx";
import { useAsked } from "../state/asked.ts";
import { childrenOf, machineState } from "../state/child-view.ts";
import { dateText } from "../state/clock.ts";
import { delayOf, eventText } from "../state/event-text.ts";
import { type ManagerView, stateText } from "../state/manager-view.ts";
import { fleet } from "../state/page.ts";
import { linkTo } from "../state/route.ts";
import { Chart } from "./chart.tsx";

interface Props {
  /** Of the manager. */
  readonly name: string;
  /** `server/s1`. */
  readonly actor: string;
}

/** One actor of a manager's own: where it stands, what it holds, and how it came there. */
export function ActorPage({ name, actor }: Props): JSX.Element {
  fleet.revision.value;
  const view = fleet.manager(name);
  return (
    <div class="actor-page">
      <div class="manager-title">
        <a class="back" href={linkTo.manager(name)}>
          {name}
        </a>
        <h1>{actor}</h1>
      </div>
      {view ? <Present view={view} actor={actor} /> : <p class="empty">Nobody tells of {name}.</p>}
    </div>
  );
}

function Present({ view, actor }: { readonly view: ManagerView; readonly actor: string }): JSX.Element {
  const { instance, name } = view;
  const [machine = "", ...id] = actor.split("/");
  const input = { manager: name, machine, id: id.join("/") };
  // One that waits for nothing is in no memory: to be asked for has it shown.
  const { asked } = useAsked<ActorDescription>(
    { instance, operation: "describeActor", input },
    `${instance} ${name} ${actor}`,
  );
  const { answer } = asked.value;
  const child = childrenOf(view).find((one) => one.child.name === actor)?.child;
  const context = answer?.context ?? child?.snapshot.context;
  if (!child && !answer)
    return <p class="empty">{asked.value.refusal ? `It is not there: ${asked.value.refusal}` : "Asking the host…"}</p>;
  return (
    <>
      <Standing child={child} described={answer} />
      <div class="manager-cards">
        {child && machineState(child) !== undefined ? (
          <Chart
            definition={child.definition}
            value={machineState(child)!}
            before={child.history?.at(-2)?.value as StateValue | undefined}
            event={child.history?.at(-1)?.event}
            tone="good"
          />
        ) : (
          <p class="card empty">{child ? "It has no states." : "It has ended: its chart is not shown."}</p>
        )}
        <div class="manager-side">
          <Past child={child} />
          <section class="card context" aria-labelledby="context-title">
            <h2 id="context-title">Context</h2>
            {typeof context === "object" && context !== null ? (
              <JsonTree value={context} />
            ) : (
              <p class="empty">It has none.</p>
            )}
          </section>
        </div>
      </div>
    </>
  );
}

interface StandingProps {
  readonly child: ChildNews | undefined;
  readonly described: ActorDescription | undefined;
}

function Standing({ child, described }: StandingProps): JSX.Element {
  const value = child && machineState(child);
  const state = value === undefined ? (described?.state ?? "running") : stateText(value);
  const failed = described?.status === "failed" || described?.status === "error";
  return (
    <>
      <div class="manager-status">
        <StatePill state={failed ? `${described.status} at ${state}` : state} tone={failed ? "bad" : "good"} now />
        {described && (
          <span class="muted">
            kept since {dateText(described.createdAt)}
            {described.status === "done" ? ", ended" : ""}
          </span>
        )}
      </div>
      {described?.lastError && (
        <p class="causes tone-bad" role="note" aria-label="Why it is so">
          {described.lastError}
        </p>
      )}
      {described && described.status === "active" && described.delays.length > 0 && (
        <ul class="delays" aria-label="Delays">
          {described.delays.map(({ event, dueAt }) => (
            <li key={`${event} ${dueAt}`}>
              {delayOf(event) ?? event} at <Time at={dueAt} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Past({ child }: { readonly child: ChildNews | undefined }): JSX.Element {
  const steps = child?.history ?? [];
  return (
    <section class="card history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {steps.length === 0 ? (
        <p class="empty">It has not changed state since it was first watched.</p>
      ) : (
        <Scrollable class="history-list" label="Steps, scrollable" end={`${steps.at(-1)?.at} ${steps.length}`}>
          <ol>
            {steps.map(({ at, event, value }) => (
              <li key={`${at} ${event}`} class="step">
                <span class="step-time">
                  <Time at={at} ms />
                </span>
                <StatePill state={value === undefined ? "" : stateText(value as StateValue)} tone="good" />
                <span class="step-event">{eventText(event)}</span>
              </li>
            ))}
          </ol>
        </Scrollable>
      )}
    </section>
  );
}
