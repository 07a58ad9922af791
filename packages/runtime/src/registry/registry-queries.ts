import { type Database, QueryTemplate } from "../store/index.ts";
import type { FenceState, Incumbent } from "./registration.ts";
import { registryStore } from "./registry-store.ts";

interface NewService extends Incumbent {
  readonly id: string;
  readonly cluster: string | null;
  readonly version: string;
  readonly registeredAt: Date;
}

export type RegistryQueries = ReturnType<typeof registryQueries>;

/** What each registration and each write transaction asks. */
export function registryQueries(database: Database) {
  const { builders } = database.reading(registryStore);
  const { layout } = registryStore;

  const findService = new QueryTemplate<Incumbent, { readonly id: string; readonly cluster: string | null }>(
    layout,
    (slot) =>
      builders
        .selectFrom("service")
        .select(["id", "cluster"])
        .where("manager", "=", slot("manager"))
        .where("address", "=", slot("address")),
  );

  /** A record that is there keeps its id. */
  const putService = new QueryTemplate<NewService, { readonly id: string }>(layout, (slot) =>
    builders
      .insertInto("service")
      .values({
        id: slot("id"),
        manager: slot("manager"),
        address: slot("address"),
        cluster: slot("cluster"),
        version: slot("version"),
        registeredAt: slot("registeredAt"),
      })
      .onConflict((taken) =>
        taken.columns(["manager", "address"]).doUpdateSet(({ ref }) => ({
          cluster: ref("excluded.cluster"),
          version: ref("excluded.version"),
          registeredAt: ref("excluded.registeredAt"),
        })),
      )
      .returning("id"),
  );

  /** Locks the row until the commit: a plain read would let a successor register before it. */
  const shareEpoch = new QueryTemplate<Incumbent, FenceState>(layout, (slot) =>
    builders
      .selectFrom("fence")
      .select(["epoch", "raisedBy"])
      .where("manager", "=", slot("manager"))
      .where("address", "=", slot("address"))
      .forShare(),
  );

  const raiseEpoch = new QueryTemplate<Incumbent, { readonly epoch: number }>(layout, (slot) =>
    builders
      .insertInto("fence")
      .values({ manager: slot("manager"), address: slot("address"), epoch: 1 })
      .onConflict((taken) =>
        taken
          .columns(["manager", "address"])
          .doUpdateSet((row) => ({ epoch: row("fence.epoch", "+", 1), raisedBy: null })),
      )
      .returning("epoch"),
  );

  /** Nothing where another incarnation than that of the epoch has registered. */
  const followEpoch = new QueryTemplate<Incumbent & { after: number }, { readonly epoch: number }>(layout, (slot) =>
    builders
      .updateTable("fence")
      .set((row) => ({ epoch: row("epoch", "+", 1), raisedBy: null }))
      .where("manager", "=", slot("manager"))
      .where("address", "=", slot("address"))
      .where((row) => row.or([row("epoch", "=", slot("after")), row("raisedBy", "is not", null)]))
      .returning("epoch"),
  );

  /** Nothing where the epoch is another by now. */
  const fencePeer = new QueryTemplate<Incumbent & { epoch: number; by: string }, { readonly epoch: number }>(
    layout,
    (slot) =>
      builders
        .updateTable("fence")
        .set((row) => ({ epoch: row("epoch", "+", 1), raisedBy: slot("by") }))
        .where("manager", "=", slot("manager"))
        .where("address", "=", slot("address"))
        .where("epoch", "=", slot("epoch"))
        .returning("epoch"),
  );

  return { findService, putService, shareEpoch, raiseEpoch, followEpoch, fencePeer };
}
