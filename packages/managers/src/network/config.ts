import { z } from "zod";
import { Mtu, PhysicalNetwork, VlanId } from "./network.ts";

const limit = z.number().int().nonnegative();
const Quota = z.strictObject({
  /** Default 100. */
  networks: limit.default(100),
  /** Default 100. */
  subnets: limit.default(100),
  /** Default 500, as in Neutron. */
  ports: limit.default(500),
});

/** A range of VLAN ids, both ends included. */
const VlanRange = z
  .tuple([VlanId, VlanId])
  .refine(([first, last]) => first <= last, "the first must not be above the last");

/** How a network manager is configured where it is spawned. Read again at each reset. */
export const NetworkConfig = z.strictObject({
  /** The wiring that this manager's device is connected to, by name. */
  physicalNetworks: z
    .record(
      PhysicalNetwork,
      z.strictObject({
        /** What it carries at most, in bytes. Default 1500. */
        mtu: Mtu.default(1500),
        /** VLAN ids that networks get. Default 2 to 4094, less what the device reserves. */
        vlans: z.array(VlanRange).default([[2, 4094]]),
        /** VLAN ids out of these that networks never get. Default none. */
        reserved: z.array(VlanRange).default([]),
      }),
    )
    .refine((them) => Object.keys(them).length > 0, "name at least one"),
  /** What a tenant may have. */
  quota: Quota.prefault({}),
  /** Tenants with a quota of their own, by name; `default` is that of what has no tenant. */
  quotas: z.record(z.string(), Quota).default({}),
});
export type NetworkConfig = z.infer<typeof NetworkConfig>;
