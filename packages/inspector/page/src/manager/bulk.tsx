import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { notify } from "../shell/notices.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import type { ManagerView } from "../state/manager-view.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { type Choice, cordon, drain, fits, perform, reset, restart, start, uncordon } from "./choices.ts";
import { ReasonField } from "./reason-field.tsx";

interface Props {
  readonly host: string;
  /** Those that a filter shows, as they were when it was opened: which of them an action fits is told of them as they are now. */
  readonly managers: readonly ManagerView[];
  readonly onEnd: () => void;
}

type Outcome = { readonly is: "waits" | "runs" | "done" } | { readonly is: "failed"; readonly message: string };

const choices: readonly Choice[] = [drain, start, restart, reset, cordon, uncordon];
/** So many at a time: a host goes on serving while its managers are restarted. */
const together = 4;

/** Does the same to several managers of a host, and shows of each what became of it. */
export function Bulk({ host, managers, onEnd }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const choice = useSignal<Choice>(drain);
  const left = useSignal<ReadonlySet<string>>(new Set());
  const reason = useSignal("");
  const outcomes = useSignal<ReadonlyMap<string, Outcome> | undefined>(undefined);
  useEffect(() => dialog.current!.showModal(), []);

  const begun = outcomes.value !== undefined;
  fleet.revision.value;
  // What took the place of one meanwhile is another life: the one on the screen is meant.
  const now = new Map(fleet.managers().map((view) => [view.life, view]));
  const views = managers.map((view) => now.get(view.life) ?? view);
  const meant = views.filter((view) => (begun ? outcomes.value!.has(view.name) : fits(choice.value, view)));
  const chosen = meant.filter(({ name }) => !left.value.has(name));
  const set = (name: string, outcome: Outcome): void => {
    outcomes.value = new Map(outcomes.value).set(name, outcome);
  };
  const confirm = async (event: Event): Promise<void> => {
    event.preventDefault();
    outcomes.value = new Map(chosen.map(({ name }) => [name, { is: "waits" }]));
    const waiting = chosen.values();
    const work = async (): Promise<void> => {
      for (const view of waiting) {
        set(view.name, { is: "runs" });
        const outcome = await perform(choice.value, view, reason.value.trim()).then(
          (): Outcome => ({ is: "done" }),
          (error: Error): Outcome => ({ is: "failed", message: error.message }),
        );
        set(view.name, outcome);
      }
    };
    await Promise.all(Array.from({ length: together }, work));
    const became = [...outcomes.value!.values()];
    // It goes on where the dialog was closed.
    if (!dialog.current)
      notify(
        became.some(({ is }) => is === "failed") ? "bad" : "good",
        `${choice.value.label} on ${host}: ${sumText(became)}`,
      );
  };
  const leave = (name: string): void => {
    const next = new Set(left.value);
    if (!next.delete(name)) next.add(name);
    left.value = next;
  };
  const all = chosen.length === meant.length;
  return (
    <dialog ref={dialog} class="dialog bulk" aria-labelledby="bulk-title" onClose={onEnd}>
      <form onSubmit={(event) => void confirm(event)}>
        <h2 id="bulk-title">Managers of {host}</h2>
        <fieldset class="segments" disabled={begun}>
          <legend class="visually-hidden">What to do</legend>
          {choices.map((one) => (
            <button
              key={one.action}
              type="button"
              aria-pressed={one === choice.value}
              onClick={() => (choice.value = one)}
            >
              {one.label}
            </button>
          ))}
        </fieldset>
        <p class="bulk-meaning">{choice.value.meaning}</p>
        {meant.length === 0 ? (
          <p class="muted">It fits none of them.</p>
        ) : (
          <ul class="bulk-list" aria-label="Managers">
            {meant.map(({ name, manager, address, state, tone }) => (
              <li key={name}>
                <label class="bulk-row">
                  <input
                    type="checkbox"
                    checked={!left.value.has(name)}
                    disabled={begun}
                    onChange={() => leave(name)}
                  />
                  <span class="bulk-name">
                    <strong>{manager}</strong> <span class="address">{address}</span>
                  </span>
                  {outcomes.value?.has(name) ? (
                    <Became outcome={outcomes.value.get(name)!} choice={choice.value} />
                  ) : (
                    <StatePill state={state} tone={tone} />
                  )}
                </label>
              </li>
            ))}
          </ul>
        )}
        {choice.value.reason && !begun && <ReasonField reason={reason} />}
        <p class="bulk-sum" role="status">
          {begun && sumText([...outcomes.value!.values()])}
        </p>
        <div class="dialog-buttons">
          {!begun && meant.length > 1 && (
            <button
              type="button"
              class="button"
              onClick={() => (left.value = new Set(all ? meant.map(({ name }) => name) : []))}
            >
              {all ? "Choose none" : "Choose all"}
            </button>
          )}
          <button type="button" class="button" onClick={() => dialog.current!.close()}>
            {begun ? "Close" : "Back"}
          </button>
          {!begun && (
            <button
              type="submit"
              class={choice.value.grave ? "button grave" : "button main-button"}
              disabled={chosen.length === 0}
            >
              {choice.value.label} {countText(chosen.length)} {chosen.length === 1 ? "manager" : "managers"}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}

function Became({ outcome, choice }: { readonly outcome: Outcome; readonly choice: Choice }): JSX.Element {
  if (outcome.is === "failed") return <span class="bad bulk-failed">{outcome.message}</span>;
  if (outcome.is === "done") return <StatePill state={choice.done} tone="good" />;
  return outcome.is === "runs" ? <StatePill state="at it" tone="busy" now /> : <StatePill state="waits" tone="quiet" />;
}

function sumText(outcomes: readonly Outcome[]): string {
  const count = (is: Outcome["is"]): number => outcomes.filter((outcome) => outcome.is === is).length;
  const [done, failed] = [count("done"), count("failed")];
  if (done + failed < outcomes.length) return `${countText(done + failed)} of ${countText(outcomes.length)}`;
  return failed === 0 ? "All done." : `${countText(done)} done, ${countText(failed)} not.`;
}
