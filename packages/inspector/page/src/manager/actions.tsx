import { useSignal } from "@preact/signals";
import type { HostAction } from "@reeve/runtime/internal/inspection";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { notify } from "../shell/notices.tsx";
import type { ManagerView } from "../state/manager-view.ts";
import { fleet, link } from "../state/page.ts";

interface Choice {
  readonly action: HostAction;
  readonly label: string;
  readonly done: string;
  readonly meaning: string;
  readonly grave: boolean;
}

const choices: readonly Choice[] = [
  {
    action: "reset",
    label: "Reset",
    done: "was reset",
    meaning:
      "Its configuration is read again and its clients are rebuilt. Calls wait meanwhile; those in flight go on.",
    grave: false,
  },
  {
    action: "drain",
    label: "Drain",
    done: "is drained",
    meaning: "It takes no more calls, finishes those in flight, and stops. It stays stopped.",
    grave: true,
  },
  {
    action: "restart",
    label: "Restart",
    done: "was restarted",
    meaning: "It is drained and started again with a higher epoch. What a crash would leave is recovered.",
    grave: true,
  },
];

/** What the person may do to a manager. Each is confirmed first. */
export function Actions({ view }: { readonly view: ManagerView }): JSX.Element | null {
  const asked = useSignal<Choice | undefined>(undefined);
  if (view.ended) return null;
  const acts = view.instance === fleet.ownInstance || fleet.hosts.get(view.instance)?.picture.facts?.acts;
  if (!fleet.mayAct || !acts) {
    return (
      <p class="muted may-look">
        {fleet.mayAct ? "This host takes no actions from elsewhere." : "This token may look, not act."}
      </p>
    );
  }
  return (
    <div class="actions">
      {choices.map((choice) => (
        <button key={choice.action} type="button" class="button" onClick={() => (asked.value = choice)}>
          {choice.label}
        </button>
      ))}
      {asked.value && <Confirm choice={asked.value} view={view} onEnd={() => (asked.value = undefined)} />}
    </div>
  );
}

interface ConfirmProps {
  readonly choice: Choice;
  readonly view: ManagerView;
  readonly onEnd: () => void;
}

function Confirm({ choice, view, onEnd }: ConfirmProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  const confirm = (): void => {
    void act(choice, view);
    dialog.current!.close();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="confirm-title" aria-describedby="confirm-text" onClose={onEnd}>
      <h2 id="confirm-title">
        {choice.label} {view.name}?
      </h2>
      <p id="confirm-text">{choice.meaning}</p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={() => dialog.current!.close()}>
          Cancel
        </button>
        <button type="button" class={choice.grave ? "button grave" : "button main-button"} onClick={confirm}>
          {choice.label}
        </button>
      </div>
    </dialog>
  );
}

/** It is the incarnation on the screen that is acted on: one that took its place meanwhile is left alone. */
async function act({ action, label, done }: Choice, { id, name, instance, actor }: ManagerView): Promise<void> {
  const say = notify("busy", `${label} ${name}…`);
  try {
    await link.ask({ type: "ask", instance, question: { ask: action, id, epoch: actor.snapshot.context.epoch } });
    say("good", `${name} ${done}.`);
  } catch (error) {
    say("bad", `${label} ${name}: ${(error as Error).message}`);
  }
}
