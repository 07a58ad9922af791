import type { DriverCall } from "@reeve/driver-sdk";
import {
  type Attachment,
  type AttachmentSpec,
  type DetachSpec,
  markOf,
  requireAttachmentSpec,
  requireDetachSpec,
} from "@reeve/driver-sdk/network";
import { converge, type Wish } from "./converge.ts";
import { attachPort } from "./decision/attach-port.ts";
import { detachPort } from "./decision/detach-port.ts";
import { placeOf, requirePointKind } from "./decision/port-wish.ts";
import type { Meaning, Wiring } from "./decision/wiring.ts";
import type { Device } from "./device.ts";
import { portName } from "./names.ts";

/** What an attachment wants, from input that was checked. */
export function attachWish(wiring: Wiring, spec: AttachmentSpec, meaning: Meaning = "now"): Wish {
  return {
    namespace: placeOf(wiring, spec)?.namespace,
    // One that has to be made carries none.
    needsVlans: (view) => view.ours(portName(spec.portId)) !== undefined,
    decide: (view, inside) => attachPort(wiring, view, inside, spec, meaning),
  };
}

export function detachWish(wiring: Wiring, spec: DetachSpec): Wish {
  return { needsVlans: () => false, decide: (view) => detachPort(wiring, view, spec) };
}

export function attach(device: Device, input: AttachmentSpec, { signal }: DriverCall): Promise<Attachment> {
  const spec = requireAttachmentSpec(input);
  const place = placeOf(device, spec);
  const work = () => converge(device, attachWish(device, spec), signal);
  return device.ofPort(markOf(spec.portId), signal, async () => {
    await device.segments.shared(signal, work);
    const name = portName(spec.portId);
    return place
      ? { kind: "netns", namespace: place.namespace, interface: place.interface, device: name }
      : { kind: "tap", device: name };
  });
}

export function detach(device: Device, input: DetachSpec, { signal }: DriverCall): Promise<void> {
  const spec = requireDetachSpec(input);
  requirePointKind(spec.point);
  const work = () => converge(device, detachWish(device, spec), signal);
  return device.ofPort(markOf(spec.portId), signal, () => device.segments.shared(signal, work));
}
