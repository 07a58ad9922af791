import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";

const gibibyte = 2 ** 30;
/** Volumes that a report looks at one by one: those in the creating and the newest. More than are unconfirmed at once. */
const looked = 320;
/** How many of the newest volumes a report names in any case: another member, or a life before, may have made them. */
const newest = 16;

/** What the volumes and snapshots of one backend promise, as of one moment. */
export interface HeldHere {
  readonly volumes: number;
  readonly allocatedBytes: number;
  /** How much of that is in the creating. */
  readonly creatingBytes: number;
  /** Whether nothing is being made, changed or removed. */
  readonly settled: boolean;
  /** The volumes in the creating, then the newest: all of them are counted in what is promised. */
  readonly byId: ReadonlyMap<string, { readonly bytes: number; readonly made: boolean }>;
}

/** The volumes are read by one statement: none is named that its sums do not count, nor counted and not named as it is made. */
export async function heldHere(handles: VolumeHandles): Promise<HeldHere> {
  const { store } = handles;
  const home = homeOf(handles);
  const rows = await store
    .selectFrom("volumes")
    .select((sql) => {
      const creating = sql.case().when("status", "=", "creating").then(sql.ref("reservedGiB")).else(0).end();
      const busy = sql.case().when("status", "in", ["available", "error"]).then(0).else(1).end();
      return [
        "id",
        "status",
        "reservedGiB",
        sql.fn.countAll<number>().over().as("count"),
        sql.fn.sum<number>("reservedGiB").over().as("allocated"),
        sql.fn.sum<number>(creating).over().as("creating"),
        sql.fn.sum<number>(busy).over().as("busy"),
      ];
    })
    .where("host", "=", home)
    .orderBy((sql) => sql.case().when("status", "=", "creating").then(0).else(1).end())
    .orderBy("id", "desc")
    .limit(looked)
    .execute();
  const snapshots = await store
    .selectFrom("snapshots")
    .innerJoin("volumes", "volumes.id", "snapshots.volumeId")
    .select((sql) => {
      const creating = sql
        .case()
        .when("snapshots.status", "=", "creating")
        .then(sql.ref("snapshots.sizeGiB"))
        .else(0)
        .end();
      const busy = sql.case().when("snapshots.status", "in", ["available", "error"]).then(0).else(1).end();
      return [
        sql.fn.sum<number | null>("snapshots.sizeGiB").as("allocated"),
        sql.fn.sum<number | null>(creating).as("creating"),
        sql.fn.sum<number | null>(busy).as("busy"),
      ];
    })
    .where("volumes.host", "=", home)
    .executeTakeFirstOrThrow();
  const [first] = rows;
  return {
    volumes: Number(first?.count ?? 0),
    allocatedBytes: (Number(first?.allocated ?? 0) + Number(snapshots.allocated ?? 0)) * gibibyte,
    creatingBytes: (Number(first?.creating ?? 0) + Number(snapshots.creating ?? 0)) * gibibyte,
    settled: Number(first?.busy ?? 0) === 0 && Number(snapshots.busy ?? 0) === 0,
    byId: new Map(
      rows.map(({ id, status, reservedGiB }) => [id, { bytes: reservedGiB * gibibyte, made: status !== "creating" }]),
    ),
  };
}

/** Whether a volume was in the creating before, or not yet here. */
export function madeBetween(before: HeldHere, after: HeldHere, id: string): boolean {
  return after.byId.get(id)?.made === true && !before.byId.get(id)?.made;
}

/**
 * What a report names that was measured between `before` and `after`: whatever it counts whose reservation may still stand. One of
 * what was made in between may be confirmed already, and stands until the next measurement.
 */
export function namedOf(before: HeldHere, after: HeldHere, unconfirmedBefore: readonly string[]): string[] {
  const ids = [...after.byId.keys()];
  const made = ids.filter((id) => after.byId.get(id)!.made);
  const standing = new Set([...unconfirmedBefore, ...made.slice(0, newest)]);
  return ids.filter((id) => !after.byId.get(id)!.made || standing.has(id) || madeBetween(before, after, id));
}
