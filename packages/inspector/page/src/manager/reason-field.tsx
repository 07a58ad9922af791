import type { Signal } from "@preact/signals";
import type { JSX } from "preact";

/** Where a person writes why; the audit has it. */
export function ReasonField({ reason }: { readonly reason: Signal<string> }): JSX.Element {
  return (
    <label class="reason">
      Reason
      <input
        class="field"
        required
        pattern=".*\S.*"
        maxLength={500}
        value={reason.value}
        onInput={({ currentTarget }) => {
          reason.value = currentTarget.value;
        }}
      />
    </label>
  );
}
