import { useSignal } from "@preact/signals";
import type { CallInfo } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { notify } from "../shell/notices.tsx";
import { actionsHead, type Head, RowTable } from "../shell/row-table.tsx";
import { ageText } from "../state/clock.ts";
import { mayActOn, whyNot } from "../state/may-act.ts";
import { link } from "../state/page.ts";
import { linkTo } from "../state/route.ts";
import { whomText } from "../state/whom-text.ts";
import type { Choice } from "./choices.ts";
import { Confirm } from "./confirm.tsx";

const cancel: Choice = {
  action: "cancel",
  label: "Cancel",
  done: "is cancelled",
  meaning:
    "Who waits for it is told at once. One that waits never runs; one that runs is told to end, and goes on until it heeds that.",
  grave: true,
};

const managerHead: Head = { label: "Manager" };
const heads: readonly Head[] = [
  ...["Operation", "Age", "Stage", "Lane", "Caller", "For", "Request"].map((label) => ({ label })),
  actionsHead,
];

const stages: Readonly<Record<CallInfo["stage"], string>> = {
  start: "waits for the manager to start",
  lane: "waits for its lane",
  turn: "waits for a slot",
  running: "runs",
};

interface Props {
  readonly instance: string;
  readonly calls: readonly CallInfo[] | undefined;
  readonly refusal: string | undefined;
  readonly onDone: () => void;
}

/** The calls that run or wait in a manager, the oldest first. */
export function CallsInFlight({ instance, calls, refusal, onDone }: Props): JSX.Element {
  return (
    <section class="card" aria-labelledby="calls-title">
      <h2 id="calls-title">Calls in flight</h2>
      {refusal !== undefined && <p class="empty">{refusal}</p>}
      {refusal === undefined && calls?.length === 0 && <p class="empty">None.</p>}
      {refusal === undefined && !calls && <p class="empty">Asking the host…</p>}
      {calls && calls.length > 0 && (
        <CallTable instance={instance} calls={calls} label="Calls in flight" onDone={onDone} />
      )}
    </section>
  );
}

interface TableProps {
  readonly instance: string;
  readonly calls: readonly CallInfo[];
  readonly label: string;
  /** Names the manager of each. Default: they are of one. */
  readonly managers?: boolean;
  readonly onDone: () => void;
}

/** Calls that run or wait, each with a way to cancel it where this page may. */
export function CallTable({ instance, calls, label, managers = false, onDone }: TableProps): JSX.Element {
  const asked = useSignal<CallInfo | undefined>(undefined);
  const mayCancel = mayActOn(instance);
  return (
    <>
      <RowTable
        label={label}
        heads={managers ? [managerHead, ...heads] : heads}
        items={calls}
        keyOf={({ id }) => id}
        row={(call) => (
          <Row
            key={call.id}
            call={call}
            managers={managers}
            onCancel={mayCancel ? () => (asked.value = call) : undefined}
          />
        )}
      />
      {!mayCancel && <p class="muted may-look">{whyNot(instance)}</p>}
      {asked.value && (
        <Confirm
          choice={cancel}
          name={asked.value.operation}
          onConfirm={() => void end(instance, asked.value!).then(onDone)}
          onEnd={() => {
            asked.value = undefined;
          }}
        />
      )}
    </>
  );
}

function Row({
  call,
  managers,
  onCancel,
}: {
  readonly call: CallInfo;
  readonly managers: boolean;
  readonly onCancel: (() => void) | undefined;
}): JSX.Element {
  const { manager, operation, ageMs, stage, awaited, lane, caller, principal, requestId } = call;
  return (
    <tr data-row={call.id}>
      {managers && (
        <td>
          <a href={linkTo.manager(manager)}>{manager}</a>
        </td>
      )}
      <td>
        <code>{operation}</code>
      </td>
      <td class="kind-time">{ageText(ageMs)}</td>
      <td>{awaited ? stages[stage] : `${stages[stage]}; nobody waits`}</td>
      <td>{lane ?? <span class="muted">–</span>}</td>
      <td>{caller}</td>
      <td>{whomText(principal)}</td>
      <td>
        <code>{requestId}</code>
      </td>
      <td>
        {onCancel && (
          <button type="button" class="quiet-button" aria-label={`Cancel ${operation} of ${caller}`} onClick={onCancel}>
            Cancel
          </button>
        )}
      </td>
    </tr>
  );
}

async function end(instance: string, { id, operation }: CallInfo): Promise<void> {
  const say = notify("busy", `Cancel ${operation}…`);
  try {
    await link.ask({ type: "call", instance, operation: "cancel", input: { id } });
    say("good", `${operation} is cancelled.`);
  } catch (error) {
    say("bad", `Cancel ${operation}: ${(error as Error).message}`);
  }
}
