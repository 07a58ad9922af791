import { ReeveError, reeveError } from "@reeve/contract";
import type { Finish, Transaction } from "@reeve/runtime";
import { volumes } from "./contract.ts";
import type { Part, VolumeHandles, VolumeOperations } from "./handles.ts";
import type { VolumeRecoverers } from "./jobs.ts";
import { place, releasePlace } from "./placement.ts";
import { requireQuota } from "./quota.ts";
import { changeVolume } from "./status.ts";
import type { VolumeRow, VolumeStore } from "./store.ts";
import { tenantOf } from "./tenancy.ts";
import type { Fault, Volume } from "./volume.ts";

type Create = VolumeOperations["create"];
type Input = Parameters<Create>[0];
type Context = Parameters<Create>[1];

/** How long `place` may take by its contract. */
const longestPlacingMs = 60_000;

interface Attempt {
  readonly address: string;
  readonly why: string;
}

type Outcome =
  /** The answer as it is: it is kept for the idempotency key in the commit that ends the work. */
  | Volume
  /** Nothing was made anywhere. */
  | { readonly refused: unknown }
  | { readonly failed: readonly Attempt[] };

/**
 * Places volumes and has them built where they were placed. Until a host takes a volume on, this manager answers for it, and
 * from then on the host does: whoever crashes, somebody's journal has it. (Cinder's scheduler owns what it has handed on,
 * and its restart fails creates that are under way.)
 */
export function createVolumes(handles: VolumeHandles): Part<"create", "volume.placing"> {
  const { store, work, config } = handles;

  const operation: Create = async (input, ctx) => {
    const id = handles.newId();
    const job = await insert(id, input, ctx);
    const outcome = await work.run(job, () => placeAndBuild(id, input, ctx));
    if ("refused" in outcome) throw outcome.refused;
    if ("failed" in outcome) return ctx.fail("BUILD_FAILED", { id, attempts: [...outcome.failed] });
    return outcome;
  };

  function insert(id: string, { name, sizeGiB }: Input, ctx: Context) {
    const tenant = tenantOf(ctx);
    return store.transaction(async (tx) => {
      await requireQuota(tx, ctx, config.current, tenant, sizeGiB);
      await tx.insert("volumes", { id, name, tenant, sizeGiB, promisedGiB: sizeGiB, status: "creating", host: null });
      // The volume's own id is for the host that builds it.
      return work.begin(tx, "volume.placing", `placing:${id}`, { id }, { keyStandsFor: id });
    });
  }

  async function placeAndBuild(id: string, input: Input, ctx: Context): Promise<Finish<VolumeStore, Outcome>> {
    const failed: Attempt[] = [];
    while (failed.length < config.current.maxAttempts) {
      let address: string;
      try {
        address = await place(ctx, id, input, attempted(failed), placingMs(ctx));
      } catch (refused) {
        if (failed.length > 0) break;
        if (refused instanceof ReeveError && refused.outcome === "maybe-executed") releasePlace(ctx, id);
        return withdraw(id, refused);
      }
      try {
        const volume = await ctx.ref(volumes).at(address).build({ id });
        return () => volume;
      } catch (error) {
        const volume = await store.transaction((tx) => takeBack(tx, id));
        if (volume?.status === "available") return () => volume;
        // Only what its host gave back, leftovers removed, may be tried elsewhere: one volume, one image.
        if (volume?.status !== "creating" || volume.host !== null) throw error;
        failed.push({ address, why: messageOf(error) });
        ctx.log.warn({ id, triedAt: address, err: error }, "the build failed; trying elsewhere");
      }
    }
    releasePlace(ctx, id);
    return giveUp(id, failed);
  }

  /**
   * What is made goes on when its caller leaves, but nothing has been made yet: no host is waited for on behalf of a caller that
   * would ask anew. One with a key asks for this very volume.
   */
  function placingMs({ idempotencyKey, deadlineAt }: Context): number | undefined {
    const leftMs = Math.max(1, Math.ceil(deadlineAt - handles.clock.now()));
    return idempotencyKey === undefined && leftMs < longestPlacingMs ? leftMs : undefined;
  }

  function withdraw(id: string, refused: unknown): Finish<VolumeStore, Outcome> {
    return async (tx) => {
      const unplaced = tx.deleteFrom("volumes").where("id", "=", id).where("status", "=", "creating");
      await unplaced.where("host", "is", null).execute();
      return { refused };
    };
  }

  function giveUp(id: string, failed: readonly Attempt[]): Finish<VolumeStore, Outcome> {
    const message = failed.map(({ address, why }) => `${address}: ${why}`).join("; ");
    return async (tx) => {
      await markUnplaced(id, { reason: "FAILED", message })(tx);
      return { failed };
    };
  }

  /**
   * Marked before its place is given back: from then on no host takes it on, and what was reserved is nobody's. A volume that a
   * host has taken on is the answer to who asked for it, once that host has made it; until then this is tried again.
   */
  const recover: VolumeRecoverers["volume.placing"] = async ({ payload: { id }, address }, ctx) => {
    const fault = { reason: "INTERRUPTED", message: `the manager at ${address} stopped placing it` } as const;
    if (await store.transaction(markUnplaced(id, fault))) {
      releasePlace(ctx, id);
      return;
    }
    return async (tx) => {
      const volume = await tx.find("volumes", id);
      if (volume?.status === "creating") throw stillMade(volume);
      return volume?.status === "error" ? undefined : volume;
    };
  };

  return { operations: { create: operation }, recover: { "volume.placing": recover } };
}

/** The volume as it is after a build that failed; one that its host gave back is to be placed again. */
async function takeBack(tx: Transaction<VolumeStore>, id: string): Promise<VolumeRow | undefined> {
  const volume = await tx.find("volumes", id);
  if (volume?.status !== "error" || volume.host !== null) return volume;
  return tx.update("volumes", id, { status: "creating", fault: null });
}

/** A host that has taken the volume on answers for it, not whoever placed it. False when one has. */
function markUnplaced(id: string, fault: Fault): Finish<VolumeStore, boolean> {
  return async (tx) => {
    const volume = await tx.find("volumes", id);
    if (volume && volume.host !== null) return false;
    if (volume) await changeVolume(tx, id, "creating", { status: "error", fault });
    return true;
  };
}

function stillMade({ id, host }: VolumeRow): Error {
  return reeveError("BUSY", `volume ${id} is still made by ${host}`, { data: { resource: id } });
}

function attempted(failed: readonly Attempt[]): string[] {
  return failed.map(({ address }) => address);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
