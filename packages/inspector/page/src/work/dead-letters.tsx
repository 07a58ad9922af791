import { useSignal } from "@preact/signals";
import type { CastInfo } from "@reeve/runtime/host";
import type { JSX } from "preact";
import type { Choice } from "../manager/choices.ts";
import { Confirm } from "../manager/confirm.tsx";
import { notify } from "../shell/notices.tsx";
import { ReasonLink } from "../shell/reason-link.tsx";
import { actionsHead, type Head, RowTable } from "../shell/row-table.tsx";
import { ageText } from "../state/clock.ts";
import { mayActOn, whyNot } from "../state/may-act.ts";
import { link, shownNow } from "../state/page.ts";
import { whomText } from "../state/whom-text.ts";
import type { Told } from "./told-work.ts";

const replay: Choice = {
  action: "replayCast",
  label: "Replay",
  done: "is delivered again",
  meaning:
    "It is delivered once more, now. Where its callee had said what became of it, it is carried out anew: look first at what it has done.",
  grave: false,
  reason: true,
};
const drop: Choice = {
  action: "dropCast",
  label: "Drop",
  done: "is forgotten",
  meaning: "It is forgotten for good, and never carried out. Those after it in its lane go on.",
  grave: true,
  reason: true,
};

const heads: readonly Head[] = [
  ...["Cast", "Age", "Why", "Last error", "Attempts", "Cast by", "For"].map((label) => ({ label })),
  actionsHead,
];

interface Props {
  readonly letters: readonly Told<CastInfo>[];
  readonly onDone: () => void;
}

/** Durable casts that were abandoned, each with a way to deliver it again and one to forget it, where this page may. */
export function DeadLetters({ letters, onDone }: Props): JSX.Element {
  const asked = useSignal<{ readonly choice: Choice; readonly letter: Told<CastInfo> } | undefined>(undefined);
  const barred = new Set(letters.flatMap(({ instance }) => (mayActOn(instance) ? [] : [whyNot(instance)])));
  return (
    <>
      <RowTable
        label="Dead letters"
        heads={heads}
        items={letters}
        keyOf={({ item }) => item.id}
        row={(letter) => (
          <Row key={letter.item.id} letter={letter} onAct={(choice) => (asked.value = { choice, letter })} />
        )}
      />
      {barred.size > 0 && <p class="muted may-look">{[...barred].join(" ")}</p>}
      {asked.value && (
        <Confirm
          choice={asked.value.choice}
          name={nameOf(asked.value.letter.item)}
          onConfirm={(choice, reason) => void act(choice, asked.value!.letter, reason).then(onDone)}
          onEnd={() => {
            asked.value = undefined;
          }}
        />
      )}
    </>
  );
}

function Row({
  letter,
  onAct,
}: {
  readonly letter: Told<CastInfo>;
  readonly onAct: (choice: Choice) => void;
}): JSX.Element {
  const { instance, item } = letter;
  const { id, createdAt, reason, lastError, attempts, holder, lane } = item;
  return (
    <tr data-row={id}>
      <td>
        <code>{nameOf(item)}</code>
        {lane !== null && <span class="muted"> in lane {lane}</span>}
      </td>
      <td class="kind-time">{ageText(shownNow() - createdAt)}</td>
      <td>{reason === null ? <span class="muted">–</span> : <ReasonLink reason={reason} />}</td>
      <td class="kind-reason">{lastError ?? <span class="muted">–</span>}</td>
      <td class="kind-number">{attempts}</td>
      <td>{holder}</td>
      <td>{whomText(item)}</td>
      <td>
        {mayActOn(instance) && (
          <div class="row-actions">
            {[replay, drop].map((choice) => (
              <button
                key={choice.action}
                type="button"
                class="quiet-button"
                aria-label={`${choice.label} ${nameOf(item)} ${id}`}
                onClick={() => onAct(choice)}
              >
                {choice.label}
              </button>
            ))}
          </div>
        )}
      </td>
    </tr>
  );
}

function nameOf({ manager, operation }: CastInfo): string {
  return `${manager}.${operation}`;
}

async function act({ action, label, done }: Choice, { instance, item }: Told<CastInfo>, reason: string): Promise<void> {
  const name = nameOf(item);
  const say = notify("busy", `${label} ${name}…`);
  try {
    await link.ask({ type: "call", instance, operation: action, input: { id: item.id, reason } });
    say("good", `${name} ${done}.`);
  } catch (error) {
    say("bad", `${label} ${name}: ${(error as Error).message}`);
  }
}
