import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { notify } from "../shell/notices.tsx";
import type { ManagerView } from "../state/manager-view.ts";
import { mayActOn, whyNot } from "../state/may-act.ts";
import { type Choice, cordon, drain, fits, perform, reset, restart, start, uncordon } from "./choices.ts";
import { Confirm } from "./confirm.tsx";

interface Props {
  readonly view: ManagerView;
  readonly cordoned: boolean;
  /** Something was done: what is known of it may be out of date. */
  readonly onDone: () => void;
}

/** What the person may do to a manager. Each is confirmed first. */
export function Actions({ view, cordoned, onDone }: Props): JSX.Element | null {
  const asked = useSignal<Choice | undefined>(undefined);
  if (!mayActOn(view.instance)) return <p class="muted may-look">{whyNot(view.instance)}</p>;
  const choices = [start, reset, drain, restart, cordoned ? uncordon : cordon].filter((choice) => fits(choice, view));
  if (choices.length === 0) return null;
  const confirmed = (choice: Choice, reason: string) => void act(choice, view, reason).then(onDone);
  return (
    <div class="actions">
      {choices.map((choice) => (
        <button key={choice.action} type="button" class="button" onClick={() => (asked.value = choice)}>
          {choice.label}
        </button>
      ))}
      {asked.value && (
        <Confirm
          choice={asked.value}
          name={view.name}
          onConfirm={confirmed}
          onEnd={() => {
            asked.value = undefined;
          }}
        />
      )}
    </div>
  );
}

async function act(choice: Choice, view: ManagerView, reason: string): Promise<void> {
  const { label, done } = choice;
  const say = notify("busy", `${label} ${view.name}…`);
  try {
    await perform(choice, view, reason);
    say("good", `${view.name} ${done}.`);
  } catch (error) {
    say("bad", `${label} ${view.name}: ${(error as Error).message}`);
  }
}
