import type { JSX } from "preact";
import { failed } from "../overview/problems.ts";
import { linkTo } from "../state/route.ts";

/** A reason, and the way to what it means; how a host is says that by itself. */
export function ReasonLink({ reason }: { readonly reason: string }): JSX.Element {
  if (reason === failed || !/^[A-Z_]+$/.test(reason)) return <code>{reason}</code>;
  return (
    <a class="reason-link" href={linkTo.reason(reason)}>
      <code>{reason}</code>
    </a>
  );
}
