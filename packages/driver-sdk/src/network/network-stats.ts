import { z } from "zod";

const count = z.number().int().nonnegative();
const vlanId = z.number().int().min(0).max(4095);
const ranges = z.array(z.tuple([vlanId, vlanId]));

/** What a network driver's device holds and can hold. */
export const NetworkStats = z.object({
  /** Null where the device carries no VLANs. A range holds both its ends. */
  vlans: z
    .object({
      usable: ranges,
      reserved: ranges,
      /** How many the device has room for. */
      max: count,
      /** How many there are, whosever they are. */
      used: count,
    })
    .nullable(),
  /** The largest MTU that a network can have here, in bytes. */
  mtuMax: count,
  /** Ports of ours that are attached. */
  attachments: count,
  /** Whether a restart of the device would lose changes. */
  unsavedChanges: z.boolean(),
  /** How busy the way to the device is: 0 is idle, 1 is as much as it takes. */
  saturation: z.number().min(0).max(1),
});

export type NetworkStats = z.infer<typeof NetworkStats>;
