import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Choice } from "./choices.ts";
import { ReasonField } from "./reason-field.tsx";

interface ConfirmProps {
  readonly choice: Choice;
  /** To what it is done. */
  readonly name: string;
  readonly onConfirm: (choice: Choice, reason: string) => void;
  readonly onEnd: () => void;
}

export function Confirm({ choice, name, onConfirm, onEnd }: ConfirmProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const reason = useSignal("");
  useEffect(() => dialog.current!.showModal(), []);
  const confirm = (event: Event): void => {
    event.preventDefault();
    onConfirm(choice, reason.value.trim());
    dialog.current!.close();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="confirm-title" aria-describedby="confirm-text" onClose={onEnd}>
      <form onSubmit={confirm}>
        <h2 id="confirm-title">
          {choice.label} {name}?
        </h2>
        <p id="confirm-text">{choice.meaning}</p>
        {choice.reason && <ReasonField reason={reason} />}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={() => dialog.current!.close()}>
            Back
          </button>
          <button type="submit" class={choice.grave ? "button grave" : "button main-button"}>
            {choice.label}
          </button>
        </div>
      </form>
    </dialog>
  );
}
