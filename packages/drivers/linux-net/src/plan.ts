import type { DriverCall } from "@reeve/driver-sdk";
import {
  type NetworkChange,
  type NetworkPlan,
  requireAttachmentSpec,
  requireDetachSpec,
  requireSegmentKey,
  requireSegmentSpec,
} from "@reeve/driver-sdk/network";
import { textOf } from "./command/command.ts";
import { foresee, type Wish } from "./converge.ts";
import type { Device } from "./device.ts";
import { attachWish, detachWish } from "./ports.ts";
import { ensureWish, removeWish } from "./segments.ts";

/** The same decision as the call's, with another end for its commands. */
export async function plan(device: Device, change: NetworkChange, { signal }: DriverCall): Promise<NetworkPlan> {
  return { commands: (await foresee(device, wishOf(device, change), signal)).map(textOf) };
}

function wishOf(device: Device, change: NetworkChange): Wish {
  switch (change.change) {
    case "ensureSegment":
      return ensureWish(device, requireSegmentSpec(change));
    case "removeSegment":
      return removeWish(device, requireSegmentKey(change));
    case "attach":
      return attachWish(device, requireAttachmentSpec(change));
    case "detach":
      return detachWish(device, requireDetachSpec(change));
  }
}
