import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { StatePill } from "../shell/state-pill.tsx";
import { countText, timeText } from "../state/clock.ts";
import { fleet } from "../state/page.ts";
import { linkTo } from "../state/route.ts";

const shown = 60;
const named = 3;
/** The end is kept in sight by whoever has not scrolled further away from it than this. */
const nearPx = 80;

/** What changed state lately, whichever manager it was, in the order of time: what just went wrong is at the end. */
export function WhatChanged(): JSX.Element {
  fleet.revision.value;
  const changes = fleet.changes.all.slice(-shown);
  const list = useRef<HTMLOListElement>(null);
  const follow = useRef(true);
  useLayoutEffect(() => {
    if (follow.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [changes.at(-1)?.key]);
  return (
    <section class="card changes" aria-labelledby="changes-title">
      <h2 id="changes-title">Latest changes</h2>
      {changes.length === 0 ? (
        <p class="empty">Nothing has changed state since this page was opened.</p>
      ) : (
        <ol
          class="change-list"
          ref={list}
          onScroll={({ currentTarget: { scrollHeight, clientHeight, scrollTop } }) => {
            follow.current = scrollHeight - clientHeight - scrollTop < nearPx;
          }}
        >
          {changes.map(({ key, at, names, of, event, state, tone, cause }) => (
            <li key={key} class="change">
              <a class="change-link" href={of === "manager" ? linkTo.manager(names[0]!) : linkTo.overview}>
                <span class="change-head">
                  <span class="change-name">{namesText(names)}</span>
                  <time class="change-time">{timeText(at)}</time>
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
