import { reeveError } from "@reeve/contract";
import type { Database, Session, TransactionHook } from "../store/index.ts";
import type { Incumbent } from "./registration.ts";
import { registryStore } from "./registry-store.ts";

/**
 * Refuses the write transactions of an incarnation once another one has registered at its address. The row is locked
 * until the commit, so that no successor registers in between: a plain read would let a stale write commit.
 */
export function fence(database: Database, { manager, address }: Incumbent, epoch: number): TransactionHook {
  const row = database
    .reading(registryStore)
    .builders.selectFrom("fence")
    .select("epoch")
    .where("manager", "=", manager)
    .where("address", "=", address)
    .forShare()
    .compile();
  return {
    async begin(session) {
      const { rows } = await session.execute(registryStore.layout, row);
      const current = (rows[0] as { readonly epoch: number } | undefined)?.epoch;
      if (current !== epoch) throw fenced({ manager, address }, epoch, current);
    },
  };
}

/** Makes every incarnation registered so far stale, and returns the new epoch. */
export async function raiseEpoch(
  database: Database,
  session: Session,
  { manager, address }: Incumbent,
): Promise<number> {
  const { epoch } = await database
    .within(session, registryStore)
    .insertInto("fence")
    .values({ manager, address, epoch: 1 })
    .onConflict((taken) =>
      taken.columns(["manager", "address"]).doUpdateSet((row) => ({ epoch: row("fence.epoch", "+", 1) })),
    )
    .returning("epoch")
    .executeTakeFirstOrThrow();
  return epoch;
}

function fenced({ manager, address }: Incumbent, epoch: number, current: number | undefined): Error {
  const found = current === undefined ? "its fence row is gone" : `the epoch is ${current}`;
  return reeveError(
    "FENCED",
    `${manager} at ${address}: this incarnation has epoch ${epoch}, but ${found}; it may not write any more`,
    {
      data: { epoch, current },
    },
  );
}
