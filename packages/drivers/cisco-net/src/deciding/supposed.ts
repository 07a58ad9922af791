import type { NetworkChange } from "@reeve/driver-sdk/network";
import { copyOf, type SwitchState } from "../reading/switch-state.ts";
import { decideDiscardPort } from "./decide-attachment.ts";
import { decideEnsure } from "./decide-segment.ts";
import { applyEdit } from "./edit.ts";
import type { Rules } from "./wish.ts";

/**
 * The switch as a plan takes it: an attachment is planned as if its segment had been ensured, a removal as if the ports of the
 * network had been detached.
 *
 * @throws DriverError when that could not be
 */
export function supposedFor(now: SwitchState, change: NetworkChange, rules: Rules): SwitchState {
  const state = copyOf(now);
  if (change.change === "attach") {
    for (const edit of decideEnsure(state, { ...change, name: "" }, rules)) applyEdit(state, edit);
  }
  if (change.change === "removeSegment") {
    for (const name of rules.interfaces) {
      for (const tagging of ["tagged", "untagged"] as const) {
        // A trunk that lets all through carries nothing of ours.
        if (tagging === "tagged" && state.interfaces.get(name)?.allowed === "all") continue;
        const point = { kind: "switchport", interface: name, tagging } as const;
        for (const edit of decideDiscardPort(state, change.segment, point, rules)) applyEdit(state, edit);
      }
    }
  }
  return state;
}
