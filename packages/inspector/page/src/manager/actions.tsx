import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { notify } from "../shell/notices.tsx";
import type { ManagerView } from "../state/manager-view.ts";
import { mayActOn, whyNot } from "../state/may-act.ts";
import { link } from "../state/page.ts";
import { type Choice, Confirm } from "./confirm.tsx";

const reset: Choice = {
  action: "reset",
  label: "Reset",
  done: "was reset",
  meaning: "Its configuration is read again and its clients are rebuilt. Calls wait meanwhile; those in flight go on.",
  grave: false,
};
const drain: Choice = {
  action: "drain",
  label: "Drain",
  done: "is drained",
  meaning: "It takes no more calls, finishes those in flight, and stops. It stays stopped until it is started.",
  grave: true,
};
const restart: Choice = {
  action: "restart",
  label: "Restart",
  done: "was restarted",
  meaning: "It is drained and started again with a higher epoch. What a crash would leave is recovered.",
  grave: true,
};
const start: Choice = {
  action: "start",
  label: "Start",
  done: "was started",
  meaning: "It was drained; it boots and serves again.",
  grave: false,
};
const cordon: Choice = {
  action: "cordon",
  label: "Cordon",
  done: "is cordoned",
  meaning: "Nothing is placed on it any more, also after a restart. It goes on answering calls.",
  grave: false,
  reason: true,
};
const uncordon: Choice = {
  action: "uncordon",
  label: "Uncordon",
  done: "is cordoned no more",
  meaning: "It is placed on again.",
  grave: false,
};

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
  if (view.ended && view.state !== "stopped") return null;
  const choices = view.ended ? [start] : [reset, drain, restart, cordoned ? uncordon : cordon];
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

/** It is the incarnation on the screen that is ended: one that took its place meanwhile is left alone. */
async function act({ action, label, done, reason }: Choice, view: ManagerView, why: string): Promise<void> {
  const { name, instance, actor } = view;
  const say = notify("busy", `${label} ${name}…`);
  const ends = action === "drain" || action === "restart" || action === "reset";
  const input = {
    manager: name,
    ...(ends && { epoch: actor.snapshot.context.epoch }),
    ...(reason && { reason: why }),
  };
  try {
    await link.ask({ type: "call", instance, operation: action, input });
    say("good", `${name} ${done}.`);
  } catch (error) {
    say("bad", `${label} ${name}: ${(error as Error).message}`);
  }
}
