import type { Discarded, NetworkChange } from "@reeve/driver-sdk/network";

/** Something that is to be so on the switch: a call of the port. */
export type Wish = NetworkChange | ({ readonly change: "discard" } & Discarded);

/** What a driver may do on its switch. */
export interface Rules {
  readonly physicalNetwork: string;
  /** The interfaces that it may change. */
  readonly interfaces: ReadonlySet<string>;
  /** The VLAN ids that networks may have: configured, and not reserved by the switch. */
  readonly usable: ReadonlySet<number>;
  readonly mtuMax: number;
  /** VLANs that this session has begun to make: one of them without a name is ours. */
  readonly begun: ReadonlySet<number>;
}
