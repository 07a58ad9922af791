import type { CallInfo } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { isUnknown } from "../../../src/hearing.ts";
import { CallTable } from "../manager/calls-in-flight.tsx";
import { FilterField } from "../shell/filter-field.tsx";
import { useAsked } from "../state/asked.ts";
import type { HostView } from "../state/fleet-state.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";

/** Hosts that are asked: those with the most, where there are more. */
const mostAsked = 24;

/** What runs or waits now, on every host. */
export function CallsPage(): JSX.Element {
  fleet.revision.value;
  const sought = filterOf("find");
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
          <CallsOf host={host} sought={sought} />
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

function CallsOf({ host, sought }: { readonly host: HostView; readonly sought: string }): JSX.Element {
  const { instance, name } = host;
  const question = { instance, operation: "calls", input: { limit: 200 } };
  const { asked, again } = useAsked<{ readonly items: readonly CallInfo[] }>(question, instance);
  const { answer, refusal } = asked.value;
  if (refusal !== undefined) return <p class="empty">{refusal}</p>;
  if (!answer) return <p class="empty">Asking the host…</p>;
  const calls = answer.items.filter((call) => fits(call, sought.trim().toLowerCase()));
  if (calls.length === 0)
    return <p class="empty">{answer.items.length === 0 ? "None." : "Nothing fits the filter."}</p>;
  return <CallTable instance={instance} calls={calls} label={`Calls of ${name}`} managers onDone={again} />;
}

function fits({ manager, operation, caller, principal, requestId }: CallInfo, sought: string): boolean {
  const { user, tenant } = principal;
  return `${manager} ${operation} ${caller} ${user} ${tenant ?? ""} ${requestId}`.toLowerCase().includes(sought);
}
