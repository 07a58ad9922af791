import { DriverError } from "@reeve/driver-sdk";
import { composeStanzas, type Stanza } from "../deciding/commands.ts";
import { applyEdit, type Edit } from "../deciding/edit.ts";
import type { Wish } from "../deciding/wish.ts";
import { copyOf, type SwitchState } from "../reading/switch-state.ts";
import type { Caller } from "./caller.ts";
import type { Configured } from "./configure.ts";
import { refusedByDevice } from "./refused-by-device.ts";

/** A wish and the call that waits for it. */
export interface Pending {
  readonly wish: Wish;
  readonly caller: Caller<void>;
}

/** The switch, as a wave of calls needs it. */
export interface Ground {
  /** @param signal ends the waiting for it */
  read(signal?: AbortSignal): Promise<SwitchState>;
  /** What is still to be changed; see `decide`. Throws when it cannot be. */
  decide(state: SwitchState, wish: Wish): Edit[];
  /** Sends commands; what has not answered when nobody waits any more is not waited for. */
  configure(stanzas: readonly Stanza[], edits: readonly Edit[]): Promise<Configured>;
  /** The wish is true of the switch; `edits` is what made it so. */
  fulfilled(wish: Wish, edits: readonly Edit[]): void;
  /** The edits have no known outcome. */
  unsettled(edits: readonly Edit[]): void;
}

interface Planned extends Pending {
  readonly edits: readonly Edit[];
}

/**
 * Makes the wishes of some calls true, all in one go: decides on what was read, sends what differs, reads again, and gives each
 * call its own outcome by what is there now. Where the switch stopped at a line that it refused, the calls that this line was for
 * have failed, and the others are decided anew on what was read back. Nothing is sent twice without having looked.
 *
 * @param state as it was read just now
 */
export async function runWave(ground: Ground, state: SwitchState, calls: readonly Pending[]): Promise<void> {
  let now = state;
  let open: readonly Pending[] = calls;
  while (open.length > 0) {
    const draft = copyOf(now);
    const planned = open.flatMap((pending) => plan(ground, draft, pending));
    if (planned.length === 0) return;
    const edits = planned.flatMap((one, wish) => one.edits.map((edit) => ({ edit, wish })));
    for (const { caller } of planned) caller.sent();
    const outcome = await ground.configure(
      composeStanzas(now, edits),
      edits.map(({ edit }) => edit),
    );
    try {
      now = await ground.read();
    } catch (error) {
      return unread(ground, planned, outcome, error);
    }
    const again = planned.filter((one, index) => judge(ground, now, one, index, outcome) === "again");
    // Each round ends at least the calls whose line was refused; where it ended none, another would not either.
    if (again.length === planned.length) {
      for (const { caller } of again)
        caller.reject(new DriverError("UNAVAILABLE", "the switch did not run the commands"));
      return;
    }
    open = again;
  }
}

function plan(ground: Ground, draft: SwitchState, pending: Pending): Planned[] {
  const { wish, caller } = pending;
  if (caller.settled) return [];
  if (caller.leaving) return leave(pending);
  try {
    const edits = ground.decide(draft, wish);
    for (const edit of edits) applyEdit(draft, edit);
    if (edits.length > 0) return [{ ...pending, edits }];
    ground.fulfilled(wish, []);
    caller.resolve();
  } catch (error) {
    caller.reject(error);
  }
  return [];
}

/** It was sent in an earlier round, did not take, and nobody waits any more. */
function leave({ caller }: Pending): [] {
  caller.reject(
    new DriverError("ABORTED", "the call was aborted; nothing of it is on the switch", { retryable: true }),
  );
  return [];
}

function judge(
  ground: Ground,
  now: SwitchState,
  { wish, caller, edits }: Planned,
  index: number,
  { refusals, unreached, failure }: Configured,
): "again" | "settled" {
  let missing: Edit[];
  const refusal = refusals.get(index);
  try {
    missing = ground.decide(now, wish);
  } catch (error) {
    if (failure?.perhapsRun) ground.unsettled(edits);
    caller.reject(refusal === undefined ? error : refusedByDevice(refusal, []));
    return "settled";
  }
  if (missing.length === 0) {
    ground.fulfilled(wish, edits);
    caller.resolve();
    return "settled";
  }
  const applied = edits.filter(({ kind }) => !missing.some((one) => one.kind === kind)).map(({ kind }) => kind);
  if (failure) {
    if (failure.perhapsRun) ground.unsettled(edits);
    caller.reject(withoutAnswer(failure.error, applied, failure.perhapsRun));
  } else if (refusal !== undefined) caller.reject(refusedByDevice(refusal, applied));
  else if (unreached.has(index)) return "again";
  else
    caller.reject(
      new DriverError(
        "UNAVAILABLE",
        "the switch took the commands, and they had no effect; somebody else may have undone it",
        {
          data: { applied },
        },
      ),
    );
  return "settled";
}

/** It is not known what the switch is like now. */
function unread(ground: Ground, planned: readonly Planned[], { failure }: Configured, error: unknown): void {
  for (const { caller, edits } of planned) {
    ground.unsettled(edits);
    caller.reject(failure ? withoutAnswer(failure.error, undefined, true) : unknownEffect(error));
  }
}

function withoutAnswer(error: DriverError, applied: readonly string[] | undefined, perhapsRun: boolean): DriverError {
  const known = applied ? "it was read again: this is not done" : "and it could not be read again";
  const late = perhapsRun ? ", and the switch may still do it" : "";
  return new DriverError(error.code, `${error.message}; ${known}${late}`, {
    retryable: error.retryable,
    data: { ...(applied ? { applied } : {}), left: perhapsRun ? "unknown" : "nothing" },
    cause: error,
  });
}

function unknownEffect(error: unknown): DriverError {
  const said = error instanceof Error ? error.message : String(error);
  return new DriverError("UNAVAILABLE", `the commands were sent, and what they did could not be read: ${said}`, {
    data: { left: "unknown" },
    cause: error,
  });
}
