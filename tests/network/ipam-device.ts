import { type Driver, DriverError, defineDriver } from "@reeve/driver-sdk";
import { type NetworkDriverPort, networkDriver, type VlanRanges } from "@reeve/driver-sdk/network";
import { z } from "zod";

/** What a device says of its VLANs, and whether it says anything; a test changes it at any moment. */
export interface DeviceState {
  ranges: VlanRanges;
  silent: boolean;
}

/** A device that takes taps and remembers none: enough for what is decided before a device is asked for anything. */
export function tapDevice(state: DeviceState): Driver<NetworkDriverPort> {
  return device({ state });
}

const device = defineDriver(networkDriver, {
  name: "tap-device",
  options: z.object({ state: z.custom<DeviceState>() }),
  setup: ({ state }) => state,
  methods: {
    ensureSegment: () => undefined,
    removeSegment: () => undefined,
    attach: (_state, { portId }) => ({ kind: "tap" as const, device: `tap-${portId}` }),
    detach: () => undefined,
    discard: () => undefined,
    list: () => ({ incarnation: "1", segments: [], attachments: [], leftovers: [], foreign: [] }),
  },
  abilities: {
    vlans: {
      ranges(state) {
        if (state.silent) throw new DriverError("UNAVAILABLE", "the device does not answer", { retryable: true });
        return state.ranges;
      },
    },
  },
  stats: () => ({ vlans: null, mtuMax: 9000, attachments: 0, unsavedChanges: false, saturation: 0 }),
});
