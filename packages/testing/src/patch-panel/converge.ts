import { type DriverCall, DriverError } from "@reeve/driver-sdk";
import type { Lanes } from "./lanes.ts";
import { type Panel, PanelFailure, PanelUnreachable } from "./panel.ts";
import { type PanelCommand, PanelRefusal, textOf } from "./panel-command.ts";
import type { PanelLimits } from "./panel-limits.ts";
import type { PanelConfiguration, PanelState } from "./panel-state.ts";

/** A driver's connection to a panel. */
export interface PanelSession {
  readonly panel: Panel;
  readonly limits: PanelLimits;
  readonly lanes: Lanes;
  /** Labels of what calls are making now; how many each. */
  readonly making: Map<string, number>;
}

/** What a wish takes: the commands that are left until it is fulfilled. Throws what refuses it. */
export type Planner = (now: PanelConfiguration) => readonly PanelCommand[];

/** Somebody else may change what a plan was made of while it is carried out; then it is made again, this often. */
const attempts = 3;

export interface Wish {
  /** What it must not meet on the way. */
  readonly lanes: readonly string[];
  /** Of what it makes. */
  readonly label: string;
  readonly plan: Planner;
}

/** Compares the panel with a wish and sends what differs, in the lanes of what it concerns. */
export function converge(session: PanelSession, { lanes, label, plan }: Wish, { signal }: DriverCall): Promise<void> {
  return session.lanes.run(lanes, async () => {
    signal.throwIfAborted();
    session.making.set(label, (session.making.get(label) ?? 0) + 1);
    const applied: string[] = [];
    try {
      for (let attempt = 1; ; attempt++)
        try {
          return await sendAll(session.panel, plan, applied, signal);
        } catch (error) {
          if (!(error instanceof PanelRefusal) || attempt === attempts) throw error;
        }
    } catch (error) {
      throw signal.aborted ? error : withApplied(error, applied);
    } finally {
      const left = session.making.get(label)! - 1;
      if (left === 0) session.making.delete(label);
      else session.making.set(label, left);
    }
  });
}

/** Reads the panel, as a driver's callers are told of it. */
export async function show({ panel }: PanelSession, signal: AbortSignal): Promise<PanelState> {
  try {
    return await panel.show(signal);
  } catch (error) {
    throw signal.aborted ? error : withApplied(error, []);
  }
}

async function sendAll(panel: Panel, plan: Planner, applied: string[], signal: AbortSignal): Promise<void> {
  const commands = plan(await panel.show(signal));
  for (const command of commands)
    try {
      await panel.send(command, signal);
      applied.push(textOf(command));
    } catch (error) {
      // Whether it was done is not known from the answer: what is still to do, is.
      if (error instanceof PanelFailure && (await hasTaken(panel, plan, command, signal)))
        applied.push(textOf(command));
      throw error;
    }
}

async function hasTaken(panel: Panel, plan: Planner, command: PanelCommand, signal: AbortSignal): Promise<boolean> {
  try {
    const left = plan(await panel.show(signal)).map(textOf);
    return !left.includes(textOf(command));
  } catch {
    return false;
  }
}

function withApplied(error: unknown, applied: readonly string[]): unknown {
  if (error instanceof DriverError) return error;
  if (!(error instanceof Error)) return error;
  const code = error instanceof PanelRefusal ? "ABORTED" : "UNAVAILABLE";
  if (!(error instanceof PanelRefusal || error instanceof PanelFailure || error instanceof PanelUnreachable))
    return error;
  return new DriverError(code, error.message, { retryable: true, data: { applied }, cause: error });
}
