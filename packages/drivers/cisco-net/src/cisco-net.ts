import { defineDriver } from "@reeve/driver-sdk";
import {
  type NetworkChange,
  networkDriver,
  requireAttachmentSpec,
  requireDetachSpec,
  requireDiscarded,
  requireSegmentKey,
  requireSegmentSpec,
} from "@reeve/driver-sdk/network";
import { type DeviceClock, systemClock } from "./clock.ts";
import { switchportOf, vlanIdOf } from "./deciding/vlan-id.ts";
import { Device } from "./device/device.ts";
import { unlessAborted } from "./lane/unless-aborted.ts";
import { type HttpsTarget, httpsLink } from "./nxapi/https-link.ts";
import type { Link } from "./nxapi/link.ts";
import { NxApi } from "./nxapi/nx-api.ts";
import { CiscoNetOptions } from "./options.ts";

/** What the driver takes from outside. */
export interface CiscoNetParts {
  /** Makes the way to a switch. Default: HTTPS, with the certificate checked. */
  readonly connect?: (target: HttpsTarget) => Link;
  /** Default: the machine's. */
  readonly clock?: DeviceClock;
}

/**
 * The same as `ciscoNet`, with another way to its switch, such as one through a proxy, or another clock.
 *
 * @example
 * ```ts
 * const ciscoNetByProxy = ciscoNetWith({ connect: (target) => proxiedLink(target) });
 * ```
 */
export function ciscoNetWith({ connect = httpsLink, clock = systemClock }: CiscoNetParts) {
  return defineDriver(networkDriver, {
    name: "cisco-net",
    version: "0.1.0",
    options: CiscoNetOptions,
    async setup(options, { signal, log }) {
      const { url, ca, username, password } = options;
      const api = new NxApi({ link: connect({ url, ca }), clock, name: new URL(url).host, username, password });
      try {
        return await Device.open({ api, clock, log, options }, signal);
      } catch (error) {
        await api.close();
        throw error;
      }
    },
    methods: {
      ensureSegment: (device, spec, { signal }) =>
        device.lane.wish({ change: "ensureSegment", ...requireSegmentSpec(spec) }, signal),
      removeSegment: (device, key, { signal }) =>
        device.lane.wish({ change: "removeSegment", ...requireSegmentKey(key) }, signal),
      async attach(device, given, { signal }) {
        const spec = requireAttachmentSpec(given);
        const point = switchportOf(spec.point);
        vlanIdOf(spec.segment);
        await device.lane.wish({ change: "attach", ...spec }, signal);
        return point;
      },
      detach: (device, spec, { signal }) => device.lane.wish({ change: "detach", ...requireDetachSpec(spec) }, signal),
      discard: (device, discarded, { signal }) =>
        device.lane.wish({ change: "discard", ...requireDiscarded(discarded) }, signal),
      list: (device, { signal }) => device.list(signal),
    },
    abilities: {
      vlans: { ranges: (device) => device.ranges() },
      persist: {
        save: (device, _all, { signal }) => unlessAborted(device.saves.save(), signal),
        unsaved: (device) => device.saves.unsaved,
      },
      plan: {
        plan: async (device, change, { signal }) => ({ commands: await device.plan(checked(change), signal) }),
      },
    },
    check: (device, { signal }) => device.check(signal),
    stats: (device, { signal }) => device.stats(signal),
    close: (device) => device.close(),
  });
}

/**
 * Networks on one Nexus switch, by NX-API.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option; whether the switch can be used shows at set-up
 * @example
 * ```ts
 * const driver = ciscoNet({ url, username, password, ca, physicalNetwork: "dc1", interfaces: ["Ethernet1/1", "Ethernet1/2"] });
 * ```
 */
export const ciscoNet = ciscoNetWith({});

function checked(change: NetworkChange): NetworkChange {
  switch (change.change) {
    case "ensureSegment":
      return { change: "ensureSegment", ...requireSegmentSpec(change) };
    case "removeSegment":
      return { change: "removeSegment", ...requireSegmentKey(change) };
    case "attach":
      return { change: "attach", ...requireAttachmentSpec(change) };
    case "detach":
      return { change: "detach", ...requireDetachSpec(change) };
  }
}
