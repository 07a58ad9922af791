import { Refused } from "../state/link.ts";
import type { ManagerView } from "../state/manager-view.ts";
import { link } from "../state/page.ts";

/** An operation of the host contract, as a person chooses it. */
export interface Choice {
  readonly action: string;
  readonly label: string;
  readonly done: string;
  readonly meaning: string;
  readonly grave: boolean;
  /** Whether it asks why. */
  readonly reason?: boolean;
}

export const reset: Choice = {
  action: "reset",
  label: "Reset",
  done: "was reset",
  meaning: "Its configuration is read again and its clients are rebuilt. Calls wait meanwhile; those in flight go on.",
  grave: false,
};
export const drain: Choice = {
  action: "drain",
  label: "Drain",
  done: "is drained",
  meaning: "It takes no more calls, finishes those in flight, and stops. It stays stopped until it is started.",
  grave: true,
};
export const restart: Choice = {
  action: "restart",
  label: "Restart",
  done: "was restarted",
  meaning: "It is drained and started again with a higher epoch. What a crash would leave is recovered.",
  grave: true,
};
export const start: Choice = {
  action: "start",
  label: "Start",
  done: "was started",
  meaning: "It was drained; it boots and serves again.",
  grave: false,
};
export const cordon: Choice = {
  action: "cordon",
  label: "Cordon",
  done: "is cordoned",
  meaning: "Nothing is placed on it any more, also after a restart. It goes on answering calls.",
  grave: false,
  reason: true,
};
export const uncordon: Choice = {
  action: "uncordon",
  label: "Uncordon",
  done: "is cordoned no more",
  meaning: "It is placed on again.",
  grave: false,
};

/** Whether it can be done to a manager that is as this one. */
export function fits({ action }: Choice, view: ManagerView): boolean {
  return action === "start" ? view.ended && view.state === "stopped" : !view.ended;
}

/**
 * Has it done. It is the incarnation on the screen that is ended: one that took its place meanwhile is left alone. Rejects with what
 * the host says.
 */
export async function perform({ action }: Choice, view: ManagerView, reason: string): Promise<void> {
  const { name, instance, actor } = view;
  const ends = action === "drain" || action === "restart" || action === "reset";
  const input = {
    manager: name,
    ...(ends && { epoch: actor.snapshot.context.epoch }),
    ...(reason && { reason }),
  };
  try {
    await link.ask({ type: "call", instance, operation: action, input });
  } catch (error) {
    if (error instanceof Refused && error.reason === "REPLACED")
      throw new Error("Another incarnation took its place meanwhile, and was left alone.");
    throw error;
  }
}
