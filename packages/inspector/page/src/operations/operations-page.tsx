import type { JSX } from "preact";
import { fleet } from "../state/page.ts";
import { AuditOf } from "./audit-of.tsx";
import { LogLevelOf } from "./log-level-of.tsx";

/** What was done to each host, and refused; and how much it logs. */
export function OperationsPage(): JSX.Element {
  fleet.revision.value;
  const hosts = [...fleet.hosts.values()].flatMap(({ picture }) =>
    picture.facts ? [{ instance: picture.instance, host: picture.facts.host, acts: picture.facts.acts }] : [],
  );
  return (
    <div class="operations">
      {hosts.length === 0 && <p class="empty">Waiting for the first host…</p>}
      {hosts.map(({ instance, host, acts }) => (
        <section key={instance} class="card" aria-labelledby={`operations-${instance}`}>
          <div class="card-head">
            <h1 id={`operations-${instance}`}>{host}</h1>
            <LogLevelOf
              instance={instance}
              host={host}
              mayAct={fleet.mayAct && (acts || instance === fleet.ownInstance)}
            />
          </div>
          <AuditOf instance={instance} host={host} />
        </section>
      ))}
    </div>
  );
}
