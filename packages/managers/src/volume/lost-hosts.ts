import type { Context } from "@reeve/runtime";
import { askedFor, type LostHosts, signOfLife } from "../resource/index.ts";
import { volumes } from "./contract.ts";
import type { VolumeHandles } from "./handles.ts";
import type { VolumeStore } from "./store.ts";

/** As long as another host may be silent before it is dead: one that has just started has not heard of all that live. */
const blindMs = 10_000;

export type VolumesOfLostHosts = (ctx: Pick<Context, "ref">) => LostHosts<VolumeStore>;

/** Volumes that were to be built on a host that is gone are built elsewhere; what it has made of them is noted as a leftover. */
export function lostHosts({ work, clock }: VolumeHandles): VolumesOfLostHosts {
  const seesFrom = clock.now() + blindMs;
  return (ctx) => ({
    async isGone(address, id) {
      if (clock.now() < seesFrom) return false;
      return (await signOfLife(ctx.ref(volumes).at(address).get({ id }, { timeout: askedFor }))) === undefined;
    },
    async taken(tx, id, host) {
      await work.abandon(tx, id);
      const leftover = tx.insertInto("leftovers").values({ host, id, at: new Date(clock.wallNow()) });
      await leftover.onConflict((conflict) => conflict.columns(["host", "id"]).doNothing()).execute();
    },
  });
}
