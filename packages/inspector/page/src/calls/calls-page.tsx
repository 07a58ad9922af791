import type { CallInfo } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { isUnknown } from "../../../src/hearing.ts";
import { CallTable } from "../manager/calls-in-flight.tsx";
import { FilterField } from "../shell/filter-field.tsx";
import { useAsked } from "../state/asked.ts";
import type { HostView } from "../state/fleet-state.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { soughtText } from "../state/route.ts";
import { useSettled } from "../state/settled.ts";

/** Of each host. */
const mostShown = 200;
/** As hosts take it. */
const longestSought = 200;
/** A person who writes has paused. */
const settledMs = 100;
/** Hosts that are asked: those with the most, where there are more. */
const mostAsked = 24;

/** What runs or waits now, on every host. */
export function CallsPage(): JSX.Element {
  fleet.revision.value;
  const sought = soughtText();
  const settled = useSettled(sought, settledMs);
  const unknown = fleet.hosts.filter(({ hearing }) => isUnknown(hearing));
  const busy = busyHosts();
  const idle = fleet.hosts.filter(({ hearing }) => hearing.is === "current").length - busy.length;
  return (
    <div class="operations">
      <h1 class="visually-hidden">Calls in flight</h1>
      <FilterField label="Filter calls" placeholder="Filter by manager, operation, caller or request" />
      {busy.slice(0, mostAsked).map((host) => (
        <section key={host.instance} class="card" aria-labelledby={`calls-${host.instance}`}>
          <div class="card-head">
            <h2 id={`calls-${host.instance}`}>{host.name}</h2>
          </div>
          <CallsOf host={host} sought={sought} settled={settled} />
        </section>
      ))}
      {busy.length > mostAsked && (
        <p class="muted">{countText(busy.length - mostAsked)} more hosts have calls in flight.</p>
      )}
      {idle > 0 && (
        <p class="muted">
          Nothing runs or waits on {busy.length > 0 ? "the other " : ""}
          {idle === 1 ? "host" : `${countText(idle)} hosts`}.
        </p>
      )}
      {unknown.length > 0 && (
        <p class="muted">What runs on {unknown.map(({ name }) => name).join(", ")} is not known.</p>
      )}
    </div>
  );
}

/** Those with the most calls first. */
function busyHosts(): readonly HostView[] {
  const loads = new Map<string, number>();
  for (const { instance, actor, asOf } of fleet.managers()) {
    const { inFlight, queued } = actor.snapshot.context;
    if (asOf === undefined) loads.set(instance, (loads.get(instance) ?? 0) + inFlight + queued);
  }
  const load = ({ instance }: HostView): number => loads.get(instance) ?? 0;
  return fleet.hosts.filter((host) => load(host) > 0).sort((a, b) => load(b) - load(a));
}

interface CallsOfProps {
  readonly host: HostView;
  readonly sought: string;
  /** The same, as the host is asked for it. */
  readonly settled: string;
}

function CallsOf({ host, sought, settled }: CallsOfProps): JSX.Element {
  const { instance, name } = host;
  const find = settled.slice(0, longestSought);
  const input = { limit: mostShown, ...(find !== "" && { filter: { find } }) };
  const question = { instance, operation: "calls", input };
  const { asked, again } = useAsked<{ readonly items: readonly CallInfo[] }>(question, `${instance} ${find}`);
  const { answer, refusal } = asked.value;
  if (refusal !== undefined) return <p class="empty">{refusal}</p>;
  if (!answer) return <p class="empty">Asking the host…</p>;
  // What is here already is shown while the host looks among all that it has.
  const items = answer.items.filter((call) => fits(call, sought));
  if (items.length === 0) return <p class="empty">{sought === "" ? "None." : "Nothing fits the filter."}</p>;
  return (
    <>
      <CallTable instance={instance} calls={items} label={`Calls of ${name}`} managers onDone={again} />
      {answer.items.length === mostShown && <p class="empty">These are the oldest: filter to see others.</p>}
    </>
  );
}

function fits({ manager, operation, caller, principal, requestId }: CallInfo, sought: string): boolean {
  const { user, tenant } = principal;
  return `${manager} ${operation} ${caller} ${user} ${tenant ?? ""} ${requestId}`.toLowerCase().includes(sought);
}
