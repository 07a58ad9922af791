import type { ActorInfo } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { ReasonLink } from "../shell/reason-link.tsx";
import { RowTable } from "../shell/row-table.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { Time } from "../shell/time.tsx";
import { useAsked } from "../state/asked.ts";
import { childrenOf, machineState } from "../state/child-view.ts";
import { ageText } from "../state/clock.ts";
import { type ManagerView, stateText, type Tone } from "../state/manager-view.ts";
import { shownNow } from "../state/page.ts";
import { linkTo } from "../state/route.ts";

interface Row {
  /** `server/s1`, and of what is below it `server/s1/burnIn`. */
  readonly name: string;
  readonly depth: number;
  readonly state: string;
  readonly tone: Tone;
  readonly changedAt: number | undefined;
  readonly dueAt: number | undefined;
  readonly error: string | undefined;
}

const heads = ["Actor", "State", "Since", "Next delay"].map((label) => ({ label }));
/** How many kept actors are listed: what is wrong comes first. */
const mostListed = 200;
const everyMs = 5_000;

/** The actors that live in a manager: its own machines, kept or spawned, each with a page of its own. */
export function OwnActors({ view }: { readonly view: ManagerView }): JSX.Element | null {
  const { instance, name } = view;
  const failed = useKept(view, "failed");
  const kept = useKept(view, undefined);
  const rows = rowsOf(view, [...failed, ...kept]);
  if (rows.length === 0) return null;
  return (
    <section class="card own-actors" aria-labelledby="own-actors-title">
      <h2 id="own-actors-title">Actors</h2>
      <RowTable
        label="Actors"
        heads={heads}
        items={rows}
        keyOf={(row) => row.name}
        row={(row) => <ActorRow key={`${instance} ${row.name}`} manager={name} row={row} />}
      />
      {kept.length >= mostListed && (
        <p class="muted">
          The first {mostListed} of those that are kept; an operator lists all with `actors` of the host.
        </p>
      )}
    </section>
  );
}

function ActorRow({ manager, row }: { readonly manager: string; readonly row: Row }): JSX.Element {
  const { name, depth, state, tone, changedAt, dueAt, error } = row;
  return (
    <tr data-row={name}>
      <td style={{ paddingLeft: `${14 + depth * 18}px` }}>
        <a href={linkTo.actor(manager, name)}>{name}</a>
      </td>
      <td>
        <StatePill state={state} tone={tone} now />
        {error !== undefined && (
          <span class="bad">
            {" "}
            <ReasonLink reason="ACTOR_FAILED" /> {error}
          </span>
        )}
      </td>
      <td>{changedAt === undefined ? "" : <Time at={changedAt} />}</td>
      <td>{dueAt === undefined ? "" : dueText(dueAt - shownNow())}</td>
    </tr>
  );
}

function dueText(ms: number): string {
  return ms <= 0 ? "now" : `in ${ageText(ms)}`;
}

function useKept({ instance, name }: ManagerView, status: "failed" | undefined): readonly ActorInfo[] {
  const input = { filter: { manager: name, ...(status && { status }) }, limit: mostListed };
  const { asked } = useAsked<{ readonly items: readonly ActorInfo[] }>(
    { instance, operation: "actors", input },
    `${instance} ${name} ${status}`,
    everyMs,
  );
  return asked.value.answer?.items ?? [];
}

/** What its host tells is newer than what its store said; what the store alone knows waits, and is in no memory. */
function rowsOf(view: ManagerView, kept: readonly ActorInfo[]): readonly Row[] {
  const stored = new Map(kept.map((actor) => [`${actor.machine}/${actor.id}`, actor]));
  const rows = new Map<string, Row>();
  for (const { child, depth } of childrenOf(view)) {
    const actor = stored.get(child.name);
    const value = machineState(child);
    const state = value === undefined ? "running" : stateText(value);
    const changedAt = child.history?.at(-1)?.at ?? actor?.changedAt ?? child.at;
    rows.set(child.name, {
      ...{ name: child.name, depth, state, tone: value === undefined ? "busy" : "good", changedAt },
      ...{ dueAt: actor?.dueAt ?? undefined, error: undefined },
    });
  }
  for (const [name, { status, state, changedAt, dueAt, lastError }] of stored) {
    if (rows.has(name) && status === "active") continue;
    rows.set(name, {
      ...{ name, depth: 0, changedAt, error: lastError ?? undefined },
      state: status === "active" || status === "done" ? (state ?? status) : status,
      tone: status === "active" ? "good" : status === "done" ? "quiet" : "bad",
      dueAt: status === "active" ? (dueAt ?? undefined) : undefined,
    });
  }
  const roots = [...rows.values()];
  return [...roots.filter(({ tone }) => tone === "bad"), ...roots.filter(({ tone }) => tone !== "bad")];
}
