import type { JSX } from "preact";
import { LogLevelOf } from "../logs/log-level-of.tsx";
import { FilterField } from "../shell/filter-field.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { hearingText, hearingTone } from "../state/hearing-text.ts";
import { mayActOn } from "../state/may-act.ts";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";
import { AuditOf } from "./audit-of.tsx";

/** What was done to each host, and refused; and how much it logs. */
export function OperationsPage(): JSX.Element {
  fleet.revision.value;
  const sought = filterOf("find");
  const hosts = fleet.hosts.flatMap(({ instance, name, picture: { facts }, hearing }) =>
    facts ? [{ instance, host: name, hearing }] : [],
  );
  return (
    <div class="operations">
      <h1 class="visually-hidden">Operations</h1>
      <FilterField label="Filter operations" placeholder="Filter by person, action, manager or request" />
      {hosts.length === 0 && <p class="empty">Waiting for the first host…</p>}
      {hosts.map(({ instance, host, hearing }) => (
        <section key={instance} class="card" aria-labelledby={`operations-${instance}`}>
          <div class="card-head">
            <h2 id={`operations-${instance}`}>{host}</h2>
            {hearing.is === "current" ? (
              <LogLevelOf instance={instance} host={host} mayAct={mayActOn(instance)} />
            ) : (
              <StatePill state={hearingText(hearing)} tone={hearingTone(hearing)} />
            )}
          </div>
          {hearing.is === "current" && <AuditOf instance={instance} host={host} sought={sought} />}
        </section>
      ))}
    </div>
  );
}
