import { type Database, QueryTemplate } from "../store/index.ts";
import { fencedLeaseStore, leaseStore } from "./lease-store.ts";

interface Row {
  readonly name: string;
  readonly epoch: number;
}

/** A row, and the epoch of its holder's fence: null where there is none. */
export interface FencedRow extends Row {
  readonly manager: string;
  readonly address: string;
  readonly holderEpoch: number;
  readonly keeper: string | null;
  readonly released: boolean;
  readonly expiresAt: Date;
  readonly fence: number | null;
}

interface Taken extends Row {
  readonly manager: string;
  readonly address: string;
  readonly holderEpoch: number;
  readonly keeper: string;
  readonly expiresAt: Date;
}

/** What each round and each question for a lease asks. */
export function leaseQueries(database: Database) {
  const { builders } = database.reading(leaseStore);
  const { builders: fenced } = database.reading(fencedLeaseStore);
  const { layout } = leaseStore;

  /** However many there are: one statement. */
  const renew = new QueryTemplate<{ readonly keeper: string; readonly expiresAt: Date }, Row>(
    fencedLeaseStore.layout,
    (slot) =>
      fenced
        .updateTable("leases")
        .set({ expiresAt: slot("expiresAt") })
        .where("keeper", "=", slot("keeper"))
        .where("released", "=", false)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("fence")
              .select("fence.epoch")
              .whereRef("fence.manager", "=", "leases.manager")
              .whereRef("fence.address", "=", "leases.address")
              .whereRef("fence.epoch", "=", "leases.holderEpoch"),
          ),
        )
        .returning(["leases.name", "leases.epoch"]),
  );

  const disown = new QueryTemplate<Row & { readonly keeper: string }, unknown>(layout, (slot) =>
    builders
      .updateTable("leases")
      .set({ keeper: null })
      .where("name", "=", slot("name"))
      .where("epoch", "=", slot("epoch"))
      .where("keeper", "=", slot("keeper")),
  );

  const release = new QueryTemplate<Row & { readonly now: Date }, unknown>(layout, (slot) =>
    builders
      .updateTable("leases")
      .set({ keeper: null, released: true, expiresAt: slot("now") })
      .where("name", "=", slot("name"))
      .where("epoch", "=", slot("epoch")),
  );

  const find = new QueryTemplate<Pick<Row, "name">, FencedRow>(fencedLeaseStore.layout, (slot) =>
    fenced
      .selectFrom("leases")
      .leftJoin("fence", (join) =>
        join.onRef("fence.manager", "=", "leases.manager").onRef("fence.address", "=", "leases.address"),
      )
      .select(["name", "leases.epoch", "leases.manager", "leases.address", "holderEpoch"])
      .select(["keeper", "released", "expiresAt", "fence.epoch as fence"])
      .where("name", "=", slot("name")),
  );

  const insert = new QueryTemplate<Taken, unknown>(layout, (slot) =>
    builders.insertInto("leases").values({
      name: slot("name"),
      manager: slot("manager"),
      address: slot("address"),
      holderEpoch: slot("holderEpoch"),
      keeper: slot("keeper"),
      epoch: slot("epoch"),
      released: false,
      expiresAt: slot("expiresAt"),
    }),
  );

  const replace = new QueryTemplate<Taken, unknown>(layout, (slot) =>
    builders
      .updateTable("leases")
      .set({
        manager: slot("manager"),
        address: slot("address"),
        holderEpoch: slot("holderEpoch"),
        keeper: slot("keeper"),
        epoch: slot("epoch"),
        released: false,
        expiresAt: slot("expiresAt"),
      })
      .where("name", "=", slot("name")),
  );

  return { renew, disown, release, find, insert, replace };
}
