import { catalogue, type Reason } from "@reeve/contract";
import type { JSX } from "preact";

/** What a reason means, and what to do: the page's own copy of docs/errors.md, as it has to work without a network. */
export function ReasonPage({ reason }: { readonly reason: string }): JSX.Element {
  if (!isKnownReason(reason)) {
    return (
      <section class="card reason-page">
        <h1>{reason}</h1>
        <p>It is a cause, which docs/causes.md explains, or a reason that the contract of its manager declares.</p>
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

function isKnownReason(reason: string): reason is Reason {
  return Object.hasOwn(catalogue, reason);
}
