import type { JSX } from "preact";
import { StatePill } from "../shell/state-pill.tsx";
import { timeText } from "../state/clock.ts";
import { eventText } from "../state/event-text.ts";
import { toneOf } from "../state/manager-view.ts";
import { fleet } from "../state/page.ts";
import { linkTo } from "../state/route.ts";

const shown = 60;

/** What changed state lately, whichever manager it was: what just went wrong is here. */
export function WhatChanged(): JSX.Element {
  fleet.revision.value;
  const changes = fleet.changes.slice(-shown).reverse();
  return (
    <section class="card changes" aria-labelledby="changes-title">
      <h2 id="changes-title">Latest changes</h2>
      {changes.length === 0 ? (
        <p class="empty">Nothing has changed state since this page was opened.</p>
      ) : (
        <ol class="change-list">
          {changes.map(({ key, at, name, event, state, cause, failure }) => (
            <li key={key} class="change">
              <a class="change-link" href={linkTo.manager(name)}>
                <span class="change-head">
                  <span class="change-name">{name}</span>
                  <time class="change-time">{timeText(at)}</time>
                </span>
                <span class="change-state">
                  <StatePill state={state} tone={toneOf(state, failure)} />
                  <span class="change-event">{eventText(event)}</span>
                </span>
                {(cause || failure) && <span class="change-cause">{cause || failure}</span>}
              </a>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
