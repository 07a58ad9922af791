import { DriverError } from "@reeve/driver-sdk";
import { numberOf, type Row, tableRows, textOf } from "./table-rows.ts";
import { lastVlan } from "./vlan-set.ts";

/** A VLAN as the switch has it. */
export interface Vlan {
  readonly id: number;
  readonly name: string;
  /** Whether frames pass: neither suspended nor shut down. */
  readonly active: boolean;
}

export type VlanTable = ReadonlyMap<number, Vlan>;

/**
 * Reads the answer to `show vlan` or `show vlan brief`.
 *
 * A table without VLAN 1 is not believed: every switch has it, and VLANs that an answer was cut short of would pass for free ids.
 *
 * @throws DriverError `UNAVAILABLE` when it is not whole
 */
export function readVlanTable(body: unknown): VlanTable {
  const vlans = new Map<number, Vlan>();
  for (const row of tableRows(body, "vlanbrief", "vlanbriefxbrief")) {
    const id = idOf(row);
    const name = textOf(row, "vlanshowbr-vlanname") ?? defaultName(id);
    const suspended = textOf(row, "vlanshowbr-vlanstate") === "suspend";
    const shut = textOf(row, "vlanshowbr-shutstate") === "shutdown";
    vlans.set(id, { id, name, active: !suspended && !shut });
  }
  if (!vlans.has(1)) throw unreadable("VLAN 1 is not in it");
  return vlans;
}

/** The name that a switch gives a VLAN which nobody has named. */
export function defaultName(id: number): string {
  return id === 1 ? "default" : `VLAN${String(id).padStart(4, "0")}`;
}

/** `-utf` first: some platforms write the other one with its bytes swapped, 16777216 for 1. */
function idOf(row: Row): number {
  const id = numberOf(row, "vlanshowbr-vlanid-utf") ?? numberOf(row, "vlanshowbr-vlanid");
  if (id === undefined || id < 1 || id > lastVlan)
    throw unreadable(`a row has no id from 1 to ${lastVlan}: ${JSON.stringify(row).slice(0, 200)}`);
  return id;
}

function unreadable(why: string): DriverError {
  return new DriverError("UNAVAILABLE", `show vlan: the answer cannot be used: ${why}`);
}
