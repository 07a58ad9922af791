import type { CastInfo, WorkInfo } from "@reeve/runtime/host";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { FilterField } from "../shell/filter-field.tsx";
import { HostsNotKnown } from "../shell/hosts-not-known.tsx";
import { type AskedHost, type Question, useAskedOfAll } from "../state/asked-of-all.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { soughtText } from "../state/route.ts";
import { CastTable } from "./cast-table.tsx";
import { DeadLetters } from "./dead-letters.tsx";
import { type HostWork, toldWork } from "./told-work.ts";
import { WorkTable } from "./work-table.tsx";

interface Listed<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** Of each host, and of each list on the page. */
const mostListed = 200;
const questions: readonly Question[] = [
  { operation: "work", input: { limit: mostListed } },
  ...(["dead", "waiting", "sent"] as const).map((state) => ({
    operation: "casts",
    input: { filter: { state }, limit: mostListed },
  })),
];

/** What managers have begun and not ended, on every host: what went wrong first. */
export function WorkPage(): JSX.Element {
  fleet.revision.value;
  const { asked, again } = useAskedOfAll(questions);
  const sought = soughtText();
  const { deadLetters, stuck, running, casts } = useMemo(
    () => toldWork([...asked.value].map(hostWorkOf), (text) => text.toLowerCase().includes(sought)),
    [asked.value, sought],
  );
  const none = sought === "" ? undefined : "Nothing fits the filter.";
  return (
    <div class="operations">
      <h1 class="visually-hidden">Work</h1>
      <FilterField label="Filter work" placeholder="Filter by manager, resource, operation, user, request or error" />
      <HostsNotKnown what="What is begun" asked={asked.value} />
      <Section
        title="Dead letters"
        of={deadLetters}
        none={none ?? "None: every durable cast was carried out, or still is tried."}
      >
        {(shown) => <DeadLetters letters={shown} onDone={again} />}
      </Section>
      <Section title="Failed or left" of={stuck} none={none ?? "None: nothing that was begun has failed or lies idle."}>
        {(shown) => <WorkTable work={shown} label="Failed or left" />}
      </Section>
      <Section title="Running" of={running} none={none ?? "Nothing runs."}>
        {(shown) => <WorkTable work={shown} label="Running" />}
      </Section>
      <Section title="Casts on their way" of={casts} none={none ?? "None."}>
        {(shown) => <CastTable casts={shown} />}
      </Section>
    </div>
  );
}

interface SectionProps<T> {
  readonly title: string;
  readonly of: readonly T[];
  /** What it means that there is none. */
  readonly none: string;
  readonly children: (shown: readonly T[]) => ComponentChildren;
}

function Section<T>({ title, of: all, none, children }: SectionProps<T>): JSX.Element {
  const id = `work-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {all.length > 0 && <span class="muted">{amount(all.length)}</span>}
      </div>
      {all.length === 0 ? <p class="empty">{none}</p> : children(all.slice(0, mostListed))}
    </section>
  );
}

/** Each host tells of so many only. */
function amount(count: number): string {
  if (count < mostListed) return countText(count);
  return `the first ${mostListed} of at least ${countText(count)}`;
}

function hostWorkOf([instance, { answer }]: readonly [string, AskedHost]): HostWork {
  const [work, ...casts] = (answer ?? []) as [Listed<WorkInfo>?, ...Listed<CastInfo>[]];
  return { instance, work: work?.items ?? [], casts: casts.flatMap(({ items }) => items) };
}
