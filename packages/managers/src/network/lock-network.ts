import type { Transaction } from "@reeve/runtime";
import { type OnBehalf, reaches, rowNotFound } from "../resource/index.ts";
import type { NetworkRow, NetworkStore } from "./store.ts";

/**
 * A network that the principal may know of, locked until the transaction ends. Whatever adds or removes its subnets and ports
 * locks it first: so they go one after the other, and each sees what the one before it has committed.
 *
 * @throws ReeveError `ROW_NOT_FOUND`
 */
export async function lockNetwork(tx: Transaction<NetworkStore>, id: string, ctx: OnBehalf): Promise<NetworkRow> {
  const network = await tx.selectFrom("networks").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (network && reaches(ctx, network)) return network;
  throw rowNotFound("networks", id);
}
