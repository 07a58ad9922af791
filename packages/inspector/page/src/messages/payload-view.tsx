import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Drawer } from "../shell/drawer.tsx";
import { JsonTree } from "../shell/json-tree.tsx";
import { ReasonLink } from "../shell/reason-link.tsx";
import { dateText } from "../state/clock.ts";
import type { ShownMessage } from "../state/message-ring.ts";
import { countText, durationText } from "../state/number-text.ts";
import { fleet, link } from "../state/page.ts";
import { linkTo } from "../state/route.ts";
import { whomText } from "../state/whom-text.ts";
import { outside } from "./lanes.ts";

type Payload =
  | { readonly is: "asked" | "none" | "gone" }
  | { readonly is: "here"; readonly value: unknown }
  | { readonly is: "refused"; readonly message: string };

const told = {
  asked: "Asking the host…",
  none: "It carries none.",
  gone: "The host no longer has it: only the newest are kept.",
};

/** One message in full. Its payload is asked of the host only now. */
export function PayloadView({
  message,
  onRequest,
  onClose,
}: {
  readonly message: ShownMessage;
  /** Shows only what belongs to that request. */
  readonly onRequest: (requestId: string) => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { instance, seq, at, fromName, toName, type, operation, requestId, count, maker, end, endMissed } = message;
  const payload = useSignal<Payload>({ is: message.payload ? "asked" : "none" });
  useEffect(() => {
    if (!message.payload) return;
    link.ask({ type: "call", instance, operation: "payload", input: { instance, seq } }).then(
      (answer) => {
        const { payload: value, gone } = answer as { payload?: unknown; gone: boolean };
        payload.value = gone ? { is: "gone" } : { is: "here", value };
      },
      (error: Error) => {
        payload.value = { is: "refused", message: error.message };
      },
    );
  }, []);
  const { value: shown } = payload;
  const known = fleet.host(instance)?.hearing.is === "current";
  return (
    <Drawer label="Message" title={operation ?? type} class="payload" onClose={onClose}>
      <dl class="payload-facts">
        <dt>From</dt>
        <dd>{fromName ? <a href={linkTo.manager(fromName)}>{fromName}</a> : outside}</dd>
        <dt>To</dt>
        <dd>
          <a href={linkTo.manager(toName)}>{toName}</a>
        </dd>
        <dt>At</dt>
        <dd>{dateText(at)}</dd>
        {requestId && (
          <>
            <dt>Request</dt>
            <dd>
              <button
                type="button"
                class="text-button"
                title="Show only what belongs to it"
                onClick={() => onRequest(requestId)}
              >
                <code>{requestId}</code>
              </button>
            </dd>
          </>
        )}
        {maker && (
          <>
            <dt>Caller</dt>
            <dd>{maker.caller}</dd>
            <dt>For</dt>
            <dd>{whomText(maker)}</dd>
            <dt>Outcome</dt>
            <dd>
              {end
                ? end.error
                  ? (end.error.outcome ?? "failed")
                  : "done"
                : known && !endMissed
                  ? "runs or waits"
                  : "unknown"}
            </dd>
          </>
        )}
        {end && (
          <>
            <dt>Took</dt>
            <dd>{durationText(end.durationMs)}</dd>
          </>
        )}
        {end?.error && (
          <>
            <dt>Reason</dt>
            <dd class="bad">
              <ReasonLink reason={end.error.reason} /> {end.error.message}
            </dd>
          </>
        )}
        {count > 1 && (
          <>
            <dt>Stands for</dt>
            <dd>{countText(count)} like it</dd>
          </>
        )}
      </dl>
      <h3>Payload</h3>
      {shown.is === "here" ? (
        <JsonTree value={typeof shown.value === "object" ? shown.value : { value: shown.value }} />
      ) : (
        <p class="empty">{shown.is === "refused" ? shown.message : told[shown.is]}</p>
      )}
    </Drawer>
  );
}
