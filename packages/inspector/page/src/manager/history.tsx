import type { JSX } from "preact";
import { Scrollable } from "../shell/scrollable.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { timeText } from "../state/clock.ts";
import { eventText } from "../state/event-text.ts";
import { type ManagerView, stateText, toneOf } from "../state/manager-view.ts";

/** How it came to where it is, newest first. */
export function History({ view }: { readonly view: ManagerView }): JSX.Element {
  const steps = [...view.actor.history].reverse();
  return (
    <section class="card history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {steps.length === 0 ? (
        <p class="empty">It has not changed state since it was first watched.</p>
      ) : (
        <Scrollable class="history-list" label="Steps, scrollable">
          <ol>
            {steps.map(({ at, event, value, causes, failure, epoch }, index) => {
              const state = stateText(value);
              const newer = steps[index - 1];
              return (
                <li key={`${at} ${event} ${steps.length - index}`} class="step">
                  {isOlder(epoch, newer?.epoch) && <span class="step-epoch">epoch {epoch}</span>}
                  <time class="step-time">{timeText(at, true)}</time>
                  <StatePill state={state} tone={toneOf(state, failure)} />
                  <span class="step-event">{eventText(event)}</span>
                  {causes.map(({ reason, message }) => (
                    <span key={reason} class="step-cause">
                      <code>{reason}</code> {message}
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
function isOlder(epoch: number | undefined, newer: number | undefined): boolean {
  return epoch !== undefined && epoch !== 0 && newer !== undefined && newer > epoch;
}
