import type { DriverCall } from "@reeve/driver-sdk";
import {
  markOf,
  requireSegmentKey,
  requireSegmentSpec,
  type SegmentKey,
  type SegmentSpec,
} from "@reeve/driver-sdk/network";
import { converge, foresee, type Wish } from "./converge.ts";
import { ensureSegment as decideEnsured } from "./decision/ensure-segment.ts";
import { removeSegment as decideRemoved } from "./decision/remove-segment.ts";
import { type Meaning, requirePhysicalNetwork, type Wiring } from "./decision/wiring.ts";
import type { Device } from "./device.ts";
import type { HostView } from "./host/host-view.ts";
import { bridgeName, segmentName } from "./names.ts";

export function ensureWish(wiring: Wiring, spec: SegmentSpec): Wish {
  const { uplink } = requirePhysicalNetwork(wiring, spec.physicalNetwork);
  const isMember = (view: HostView) =>
    uplink !== undefined && view.link(uplink)?.master === bridgeName(spec.physicalNetwork);
  return { needsVlans: isMember, decide: (view) => decideEnsured(wiring, view, spec) };
}

export function removeWish(wiring: Wiring, key: SegmentKey, meaning: Meaning = "now"): Wish {
  requirePhysicalNetwork(wiring, key.physicalNetwork);
  return { decide: (view) => decideRemoved(wiring, view, { ...key, linkName: segmentName(key.networkId) }, meaning) };
}

export function ensureSegment(device: Device, input: SegmentSpec, { signal }: DriverCall): Promise<void> {
  const spec = requireSegmentSpec(input);
  const wish = ensureWish(device, spec);
  const work = () => converge(device, wish, signal);
  return device.ofSegment(markOf(spec.networkId), signal, async () => {
    // Nobody has to wait for it: one reading is enough.
    if (device.segments.idle) return device.segments.exclusive(signal, work);
    // Mostly there is nothing to do, and attachments need not wait for that.
    const missing = await device.segments.shared(signal, () => foresee(device, wish, signal));
    if (missing.length > 0) await device.segments.exclusive(signal, work);
  });
}

export function removeSegment(device: Device, input: SegmentKey, { signal }: DriverCall): Promise<void> {
  const key = requireSegmentKey(input);
  const wish = removeWish(device, key);
  const work = () => converge(device, wish, signal);
  return device.ofSegment(markOf(key.networkId), signal, () => device.segments.exclusive(signal, work));
}
