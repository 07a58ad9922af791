import { call, contract, paged, stream } from "@reeve/contract";
import { z } from "zod";
import { AuditReason, placementErrors, ResourceId, ResourceName, WRONG_STATUS } from "../resource/index.ts";
import { operator } from "../roles.ts";
import { Tombstone } from "./tombstone.ts";
import { SizeGiB, Snapshot, SnapshotStatus, Volume, VolumeStatus } from "./volume.ts";

/** What only names a thing takes the whole of it as well. Every other input refuses fields that it does not have. */
const Id = z.object({ id: ResourceId });
const SnapshotKey = z.object({ id: ResourceId, snapshotId: ResourceId });
const Percent = z.object({ percent: z.number().min(0).max(100) });
/** A plain name inside the manager's `exportDirectory`: no path, nothing hidden. */
const FileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, "must be a plain file name");

const ofVolume = ({ id }: { readonly id: string }) => id;

/** The tenant's volumes and snapshots would promise more than it may. */
const QUOTA_EXCEEDED = {
  code: "RESOURCE_EXHAUSTED",
  data: z.object({ limitGiB: z.number(), usedGiB: z.number() }),
} as const;
/** The driver of the volume's backend lacks this ability. */
const UNSUPPORTED = { code: "UNIMPLEMENTED", data: z.object({ ability: z.string() }) } as const;
/** No host holds the volume: `delete` removes it. */
const NOT_HELD = z.object({ id: ResourceId });
/** What the operator's operations need of their caller. */
const byOperator = { since: "1.1", roles: [operator] } as const;
/** The size asked for is below what the volume or its source has. */
const TOO_SMALL = { code: "INVALID_ARGUMENT", data: z.object({ leastGiB: z.number() }) } as const;
/** The manager has no `exportDirectory`. */
const NO_DIRECTORY = z.object({ address: z.string() });

/** Why a volume is not deleted. */
export const volumeDeletionErrors = {
  WRONG_STATUS,
  HAS_SNAPSHOTS: z.object({ snapshots: z.number() }),
  IN_USE: z.object({ host: z.string().nullable() }),
};
/** Why a snapshot is not deleted. */
export const snapshotDeletionErrors = { WRONG_STATUS, UNSUPPORTED };

/** `deleted`: it is gone. `deferred`: its host is, and removes it when it is back. */
const Deletion = z.object({ state: z.enum(["deleted", "deferred"]), host: z.string().nullable() });

const NewVolume = z.strictObject({
  name: ResourceName,
  sizeGiB: SizeGiB,
  availabilityZone: z.string().min(1).max(63).optional(),
  /** Labels that the backend must have. */
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).optional(),
});

const NewCopy = z.strictObject({
  /** The source volume. */
  id: ResourceId,
  /** A snapshot of it to take instead of its present content. */
  snapshotId: ResourceId.optional(),
  name: ResourceName,
  /** Default: the source's. */
  sizeGiB: SizeGiB.optional(),
});
const copyErrors = { QUOTA_EXCEEDED, WRONG_STATUS, UNSUPPORTED, TOO_SMALL };

/**
 * Block storage: volumes that live on one backend each, and their snapshots.
 *
 * A call that changes a volume goes to the manager that holds it, wherever that is. Calls for one volume run one after
 * the other. What has begun goes on when its caller leaves, and is finished or undone when its manager crashes.
 * A principal reaches the volumes of its tenant, and one without a tenant those that have none; to reach all is the role
 * `allTenants`. What concerns a backend as a whole, and what only an operator may do to a volume, asks for the role `operator`;
 * that role says what may be done, not to whose volumes: an operator of every tenant has both roles.
 */
export const volumes = contract("volume", "1.1", {
  /**
   * Places a volume through the scheduler and builds it there; when a build fails, on another backend. `NO_HOST`: none
   * fits, and nothing was made. `NO_NEWS`: it is not known whether one fits, and nothing was made; ask again. A caller without
   * a key is told so before its deadline: for it alone no host is waited for any longer. `BUILD_FAILED`: every attempt failed; the
   * volume stays, in `error`, and tells why.
   *
   * Repeated with its idempotency key, also after a crash, it answers with the volume once that is available, on whichever host;
   * where the volume could not be made, with `DUPLICATE_KEY` and the volume's id in `data.resource`. The key is kept in the store of
   * the manager that placed the volume: where hosts share a database, repeat it at any of them, under the same user; where each
   * host has a file of its own, at that address.
   */
  create: call({
    input: NewVolume,
    output: Volume,
    dedupe: "store",
    timeout: "10m",
    errors: { QUOTA_EXCEEDED, ...placementErrors },
  }),
  /** Takes an unplaced volume on and makes it here. For `create`; asking twice builds once. Not `idempotent`: a host that has ended is not waited for. */
  build: call({
    route: "address",
    input: Id,
    output: Volume,
    lane: ofVolume,
    timeout: "10m",
    errors: { WRONG_STATUS },
  }),
  get: call({ input: Id, output: Volume, idempotent: true }),
  /** Oldest first. Pages stay in step while volumes come and go. */
  list: paged({
    filter: z.strictObject({
      status: VolumeStatus.optional(),
      host: z.string().optional(),
      tenant: z.string().optional(),
    }),
    item: Volume,
  }),
  /**
   * Removes it. Refused while it has snapshots or is connected. When the host that holds it is gone, it becomes `deleting`, and the
   * answer says `deferred`: that host removes it within a minute of being back, whoever was asked is not needed for it, and until
   * then it counts for its tenant's quota. Asking again gives the same answer. Is the host gone for good, an operator forgets it.
   */
  delete: call({ input: Id, output: Deletion, lane: ofVolume, timeout: "10m", errors: volumeDeletionErrors }),
  /** Removes a volume that is held here. For `delete`. */
  remove: call({ route: "address", input: Id, lane: ofVolume, timeout: "10m", errors: volumeDeletionErrors }),
  /** Grows it; its content stays, the new part reads as zeros. */
  extend: call({
    route: "owner",
    input: Id.extend({ sizeGiB: SizeGiB }).strict(),
    output: Volume,
    lane: ofVolume,
    timeout: "10m",
    errors: { QUOTA_EXCEEDED, WRONG_STATUS, TOO_SMALL },
  }),
  /** Freezes its present content. */
  snapshot: call({
    route: "owner",
    input: Id.extend({ name: ResourceName }).strict(),
    output: Snapshot,
    lane: ofVolume,
    timeout: "1h",
    errors: { QUOTA_EXCEEDED, WRONG_STATUS, UNSUPPORTED },
  }),
  listSnapshots: paged({
    filter: z.strictObject({ volumeId: ResourceId.optional(), status: SnapshotStatus.optional() }),
    item: Snapshot,
  }),
  /** Removes it, or has it removed when the host of its volume is back, as `delete` does. */
  deleteSnapshot: call({
    input: SnapshotKey,
    output: Deletion,
    lane: ofVolume,
    timeout: "10m",
    errors: snapshotDeletionErrors,
  }),
  /** Removes a snapshot of a volume that is held here. For `deleteSnapshot`. */
  removeSnapshot: call({
    route: "address",
    input: SnapshotKey,
    lane: ofVolume,
    timeout: "10m",
    errors: snapshotDeletionErrors,
  }),
  /** A new volume with the content of this one or of its snapshot, as cheap as the backend can. */
  clone: call({
    route: "owner",
    input: NewCopy,
    output: Volume,
    lane: ofVolume,
    timeout: "1h",
    errors: copyErrors,
  }),
  /** Like `clone`, but sharing no storage with its source. */
  copy: stream({
    route: "owner",
    input: NewCopy,
    progress: Percent,
    output: Volume,
    lane: ofVolume,
    timeout: "1d",
    errors: copyErrors,
  }),
  /** A new volume here, with the content of a file in this manager's `exportDirectory`. */
  import: stream({
    route: "address",
    input: z.strictObject({
      file: FileName,
      name: ResourceName,
      /** Default: the file's, rounded up to whole MiB. */
      sizeGiB: SizeGiB.optional(),
    }),
    progress: Percent,
    output: Volume,
    timeout: "1d",
    errors: {
      QUOTA_EXCEEDED,
      UNSUPPORTED,
      TOO_SMALL,
      NO_DIRECTORY,
      NO_FILE: { code: "NOT_FOUND", data: z.object({ file: z.string(), why: z.string() }) },
    },
  }),
  /** Writes its content to a new file in its manager's `exportDirectory`; there whole or not at all. */
  export: stream({
    route: "owner",
    input: Id.extend({ file: FileName }).strict(),
    progress: Percent,
    output: z.object({ file: z.string(), bytes: z.number() }),
    lane: ofVolume,
    timeout: "1d",
    errors: {
      WRONG_STATUS,
      UNSUPPORTED,
      NO_DIRECTORY,
      FILE_EXISTS: { code: "ALREADY_EXISTS", data: z.object({ file: z.string() }) },
    },
  }),
  /**
   * Makes it reachable on its host: in a cluster on one member, the one that is asked first. Asking twice gives the same answer,
   * whichever member is asked; when the member that had it is gone, the one that is asked has it.
   */
  connect: call({
    route: "owner",
    input: Id,
    output: z.object({ kind: z.enum(["file", "block"]), path: z.string(), host: z.string() }),
    lane: ofVolume,
    idempotent: true,
    errors: { WRONG_STATUS },
  }),
  /** Undoes `connect`; succeeds when there is nothing to undo. */
  disconnect: call({ route: "owner", input: Id, output: Volume, lane: ofVolume, idempotent: true }),
  /** Compares what this backend has with what it should have, as at start, whoever's it is. */
  rescan: call({
    route: "address",
    roles: [operator],
    input: z.strictObject({}),
    output: z.object({
      /** Images that no volume or snapshot held here accounts for; never touched. */
      unknown: z.array(z.string()),
      /** Volumes and snapshots put into `error` because their image, or part of it, is gone. */
      missing: z.array(z.string()),
      /** Those that were in `error` and whose image is there, whole: they are `available` again. */
      found: z.array(z.string()),
      /**
       * Whose image has another size than its row had. A larger one is taken into the row, and its tenant's quota may be
       * exceeded from then on; a smaller one is among the `missing`. Absent from members older than 1.1.
       */
      resized: z.array(z.object({ id: z.string(), sizeGiB: z.number(), imageGiB: z.number() })).optional(),
      /**
       * The `unknown`, with what is known of them. `host`: the one that its row names, null when the row names none;
       * absent when there is no row. Absent from members older than 1.1.
       */
      unaccounted: z
        .array(
          z.object({
            kind: z.enum(["volume", "snapshot"]),
            id: z.string(),
            sizeGiB: z.number().optional(),
            volumeId: z.string().optional(),
            host: z.string().nullable().optional(),
          }),
        )
        .optional(),
      /** Images of volumes and snapshots that were forgotten while this host was away; `removeForgotten` removes them. Absent from members older than 1.1. */
      forgotten: z.array(z.string()).optional(),
      /** Images of volumes that were unmanaged. Absent from members older than 1.1. */
      unmanaged: z.array(z.string()).optional(),
      /** Images that this host had made of volumes, which were then built elsewhere because it was gone: they are removed. */
      removed: z.array(z.string()).optional(),
    }),
    idempotent: true,
  }),
  /**
   * Forgets a volume whose host is gone for good, at any member that has its row: the row, its snapshots' rows and the work on
   * them go in one commit, and its quota is given back. `HOST_SERVES` while the host answers, is slow to, starts, or ended only
   * seconds ago, and while the one asked has no link of its own: nothing says then that the host is gone. Should the host
   * come back, it is told: its `rescan` lists the images as forgotten, and it touches none of them. For an operator, who needs
   * `allTenants` as well for the volume of another tenant: without it that is `ROW_NOT_FOUND`.
   */
  forget: call({
    ...byOperator,
    input: Id.extend({ reason: AuditReason }).strict(),
    output: Tombstone,
    lane: ofVolume,
    errors: { NOT_HELD, HOST_SERVES: z.object({ host: z.string(), why: z.string() }) },
  }),
  /**
   * Takes a volume out of our hands and leaves its image where it is; its quota is given back. Refused while it has snapshots, is
   * connected, or is worked on. Its `rescan` lists the image as unmanaged. For an operator, as `forget` is.
   */
  unmanage: call({
    ...byOperator,
    route: "owner",
    input: Id.extend({ reason: AuditReason }).strict(),
    output: Tombstone,
    lane: ofVolume,
    errors: {
      NOT_HELD,
      WRONG_STATUS,
      HAS_SNAPSHOTS: z.object({ snapshots: z.number() }),
      IN_USE: z.object({ host: z.string().nullable() }),
    },
  }),
  /**
   * Removes images that were forgotten, named one by one, from a backend that has come back. What it removed is forgotten no
   * longer, also when it fails later on: ask `rescan` what is left. For an operator, whosever the volumes were: they have no rows.
   */
  removeForgotten: call({
    ...byOperator,
    route: "address",
    input: z.strictObject({ ids: z.array(ResourceId).min(1).max(1000), reason: AuditReason }),
    output: z.object({ removed: z.array(z.string()) }),
    lane: () => "forgotten images",
    idempotent: true,
    timeout: "10m",
    errors: {
      /** It was not forgotten, is another backend's, or was removed already. */
      NOT_FORGOTTEN: { code: "NOT_FOUND", data: z.object({ id: ResourceId, host: z.string() }) },
    },
  }),
});

export type Volumes = typeof volumes;
