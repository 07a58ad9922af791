import { catalogue } from "@reeve/contract";
import type { JSX } from "preact";
import { isKnownReason } from "./known-reasons.ts";

/** What a reason means, and what to do: the page's own copy of docs/errors.md, as it has to work without a network. */
export function ReasonPage({ reason }: { readonly reason: string }): JSX.Element {
  if (!isKnownReason(reason)) {
    return (
      <section class="card reason-page">
        <h1>{reason}</h1>
        <p>It is not one of the runtime's own reasons: the contract that declares it says what it means.</p>
      </section>
    );
  }
  const { means, code, outcome, retryable } = catalogue[reason];
  return (
    <section class="card reason-page">
      <h1>{reason}</h1>
      <p>{means}</p>
      <p class="muted">
        <code>{code}</code> · <code>{outcome}</code> · {retryable ? "retryable" : "not retryable"} · docs/errors.md#
        {reason.toLowerCase()}
      </p>
    </section>
  );
}
