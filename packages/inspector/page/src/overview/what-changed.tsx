import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useEndInSight } from "../shell/end-in-sight.ts";
import { StatePill } from "../shell/state-pill.tsx";
import { Time } from "../shell/time.tsx";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { linkTo } from "../state/route.ts";

const shown = 60;
const named = 3;

/** What changed state lately, whichever manager it was, in the order of time: what just went wrong is at the end. */
export function WhatChanged(): JSX.Element {
  fleet.revision.value;
  const changes = fleet.changes.all.slice(-shown);
  const list = useRef<HTMLOListElement>(null);
  const onScroll = useEndInSight(list, changes.at(-1)?.key);
  return (
    <section class="card changes" aria-labelledby="changes-title">
      <h2 id="changes-title">Latest changes</h2>
      {changes.length === 0 ? (
        <p class="empty">Nothing has changed state since this page was opened.</p>
      ) : (
        <ol class="change-list" ref={list} onScroll={onScroll}>
          {changes.map(({ key, at, names, of, event, state, tone, cause }) => (
            <li key={key} class="change">
              <a class="change-link" href={of === "manager" ? linkTo.step(names[0]!, at) : linkTo.overview}>
                <span class="change-head">
                  <span class="change-name">{namesText(names)}</span>
                  <Time class="change-time" at={at} />
                </span>
                <span class="change-state">
                  <StatePill state={state} tone={tone} />
                  {event && <span class="change-event">{event}</span>}
                </span>
                {cause && <span class="change-cause">{cause}</span>}
              </a>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function namesText(names: readonly string[]): string {
  if (names.length <= named) return names.join(", ");
  return `${names.slice(0, named).join(", ")} and ${countText(names.length - named)} more`;
}
