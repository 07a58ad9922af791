import type { Transaction } from "@reeve/runtime";
import { hexOf } from "./addresses/address.ts";
import { claimLowest } from "./addresses/lowest-free.ts";
import type { Range } from "./addresses/range.ts";
import type { NetworkStore } from "./store.ts";
import type { SubnetLayout } from "./subnet-layout.ts";

type Rows = Pick<Transaction<NetworkStore>, "selectFrom">;

/**
 * Gives a port an address by inserting the row that says so. False when another port has it: the key decides, and in a
 * transaction that goes on afterwards no constraint may fail.
 */
export async function claimAddress(
  tx: Transaction<NetworkStore>,
  subnet: SubnetLayout,
  value: bigint,
  portId: string,
): Promise<boolean> {
  const row = { subnetId: subnet.id, hex: hexOf(subnet.address(value)), ip: subnet.textOf(value), portId };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("addresses")
    .values(row)
    .onConflict((conflict) => conflict.columns(["subnetId", "hex"]).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Gives a port the lowest address of the subnet's pools that is free; undefined when none is. */
export function claimAnyAddress(
  tx: Transaction<NetworkStore>,
  subnet: SubnetLayout,
  portId: string,
): Promise<bigint | undefined> {
  return claimLowest(
    subnet.pools,
    async (range) => (await addressesIn(tx, subnet, [range])) + subnet.reservedIn(range),
    (value) => claimAddress(tx, subnet, value, portId),
  );
}

/** How many addresses of these ranges ports have. */
export async function addressesIn(rows: Rows, subnet: SubnetLayout, ranges: readonly Range[]): Promise<bigint> {
  const { count } = await rows
    .selectFrom("addresses")
    .select((sql) => sql.fn.countAll<number>().as("count"))
    .where("subnetId", "=", subnet.id)
    .where((where) =>
      where.or(
        ranges.map(({ first, last }) =>
          where.between("hex", hexOf(subnet.address(first)), hexOf(subnet.address(last))),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return BigInt(count);
}

/** Which port has an address now; undefined when none has. */
export async function holderOf(
  tx: Transaction<NetworkStore>,
  subnet: SubnetLayout,
  value: bigint,
): Promise<string | undefined> {
  return (await tx.find("addresses", { subnetId: subnet.id, hex: hexOf(subnet.address(value)) }))?.portId;
}
