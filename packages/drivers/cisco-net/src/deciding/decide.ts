import { DriverError } from "@reeve/driver-sdk";
import type { SwitchState } from "../reading/switch-state.ts";
import { decideAttach, decideDetach, decideDiscardPort } from "./decide-attachment.ts";
import { decideDiscardSegment, decideEnsure, decideRemove } from "./decide-segment.ts";
import type { Edit } from "./edit.ts";
import { switchportOf } from "./vlan-id.ts";
import type { Rules, Wish } from "./wish.ts";

/**
 * What has to change for a wish to be true of a switch; nothing when it is. The same question is asked before anything is sent,
 * by `plan`, and of the switch as it was read back.
 *
 * @throws DriverError when it cannot be, as the port says
 */
export function decide(state: SwitchState, wish: Wish, rules: Rules): Edit[] {
  if ("physicalNetwork" in wish && wish.physicalNetwork !== rules.physicalNetwork)
    throw new DriverError(
      "NOT_FOUND",
      `physicalNetwork: this switch is on ${rules.physicalNetwork}, got ${JSON.stringify(wish.physicalNetwork)}`,
    );
  switch (wish.change) {
    case "ensureSegment":
      return decideEnsure(state, wish, rules);
    case "removeSegment":
      return decideRemove(state, wish, rules);
    case "attach":
      return decideAttach(state, wish, rules);
    case "detach":
      return decideDetach(state, wish, rules);
    case "discard":
      if (wish.kind === "segment") return decideDiscardSegment(state, wish.mark, rules);
      // A switch keeps no mark of a port.
      return wish.mark === undefined ? decideDiscardPort(state, wish.segment, switchportOf(wish.point), rules) : [];
  }
}
