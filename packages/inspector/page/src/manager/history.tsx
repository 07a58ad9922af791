import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ReasonLink } from "../shell/reason-link.tsx";
import { Scrollable } from "../shell/scrollable.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { Time } from "../shell/time.tsx";
import { eventText } from "../state/event-text.ts";
import { type ManagerView, stateText, toneOf } from "../state/manager-view.ts";
import { filterOf, linkTo } from "../state/route.ts";

/** How it came to where it is, in the order of time. */
export function History({ view }: { readonly view: ManagerView }): JSX.Element {
  const steps = view.actor.history;
  const meant = filterOf("at");
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    if (meant) list.current?.querySelector(".meant")?.scrollIntoView({ block: "nearest" });
  }, [meant]);
  return (
    <section class="card history" aria-labelledby="history-title" ref={list}>
      <h2 id="history-title">History</h2>
      {steps.length === 0 ? (
        <p class="empty">It has not changed state since it was first watched.</p>
      ) : (
        <Scrollable
          class="history-list"
          label="Steps, scrollable"
          end={`${view.id} ${steps.at(-1)?.at} ${steps.length}`}
        >
          <ol>
            {steps.map(({ at, event, value, causes, failure, epoch }, index) => {
              const state = stateText(value);
              const older = steps[index - 1];
              return (
                <li key={`${at} ${event} ${index}`} class={String(at) === meant ? "step meant" : "step"}>
                  {isNewer(epoch, older?.epoch) && <span class="step-epoch">epoch {epoch}</span>}
                  <a class="step-time" href={linkTo.step(view.name, at)} title="A link to this step">
                    <Time at={at} ms />
                  </a>
                  <StatePill state={state} tone={toneOf(state, failure)} />
                  <span class="step-event">{eventText(event)}</span>
                  {causes.map(({ reason, message }) => (
                    <span key={reason} class="step-cause">
                      <ReasonLink reason={reason} /> {message}
                    </span>
                  ))}
                  {failure !== undefined && <span class="step-cause bad">{failure}</span>}
                </li>
              );
            })}
          </ol>
        </Scrollable>
      )}
    </section>
  );
}

/** An incarnation has its epoch only once it has registered; until then it goes by 0. */
function isNewer(epoch: number | undefined, older: number | undefined): boolean {
  return epoch !== undefined && older !== undefined && older !== 0 && epoch > older;
}
