import type { JSX } from "preact";
import { isKnownReason } from "../reasons/known-reasons.ts";
import { linkTo } from "../state/route.ts";

/** A reason, and the way to what it means. */
export function ReasonLink({ reason }: { readonly reason: string }): JSX.Element {
  if (!isKnownReason(reason)) return <code>{reason}</code>;
  return (
    <a class="reason-link" href={linkTo.reason(reason)}>
      <code>{reason}</code>
    </a>
  );
}
