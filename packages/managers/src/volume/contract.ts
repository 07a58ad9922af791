import { call, contract, paged, stream } from "@reeve/contract";
import { z } from "zod";
import { NO_NEWS } from "../scheduler/contract.ts";
import { Rejection } from "../scheduler/explanation.ts";
import { SizeGiB, Snapshot, SnapshotStatus, Volume, VolumeId, VolumeName, VolumeStatus } from "./volume.ts";

/** What only names a thing takes the whole of it as well. Every other input refuses fields that it does not have. */
const Id = z.object({ id: VolumeId });
const SnapshotKey = z.object({ id: VolumeId, snapshotId: VolumeId });
const Percent = z.object({ percent: z.number().min(0).max(100) });
/** A plain name inside the manager's `exportDirectory`: no path, nothing hidden. */
const FileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, "must be a plain file name");

const ofVolume = ({ id }: { readonly id: string }) => id;

/** The tenant's volumes and snapshots would promise more than it may. */
const QUOTA_EXCEEDED = {
  code: "RESOURCE_EXHAUSTED",
  data: z.object({ limitGiB: z.number(), usedGiB: z.number() }),
} as const;
/** The volume, or the snapshot, is in a state that does not allow it. */
const WRONG_STATUS = z.object({ status: z.string() });
/** The driver of the volume's backend lacks this ability. */
const UNSUPPORTED = { code: "UNIMPLEMENTED", data: z.object({ ability: z.string() }) } as const;
/** The size asked for is below what the volume or its source has. */
const TOO_SMALL = { code: "INVALID_ARGUMENT", data: z.object({ leastGiB: z.number() }) } as const;
/** The manager has no `exportDirectory`. */
const NO_DIRECTORY = z.object({ address: z.string() });

const NewVolume = z.strictObject({
  name: VolumeName,
  sizeGiB: SizeGiB,
  availabilityZone: z.string().min(1).max(63).optional(),
  /** Labels that the backend must have. */
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).optional(),
});

const NewCopy = z.strictObject({
  /** The source volume. */
  id: VolumeId,
  /** A snapshot of it to take instead of its present content. */
  snapshotId: VolumeId.optional(),
  name: VolumeName,
  /** Default: the source's. */
  sizeGiB: SizeGiB.optional(),
});
const copyErrors = { QUOTA_EXCEEDED, WRONG_STATUS, UNSUPPORTED, TOO_SMALL };

/**
 * Block storage: volumes that live on one backend each, and their snapshots.
 *
 * A call that changes a volume goes to the manager that holds it, wherever that is. Calls for one volume run one after
 * the other. What has begun goes on when its caller leaves, and is finished or undone when its manager crashes.
 * A principal with a tenant reaches that tenant's volumes only; without one, all.
 */
export const volumes = contract("volume", "1.0", {
  /**
   * Places a volume through the scheduler and builds it there; when a build fails, on another backend. `NO_HOST`: none
   * fits, and nothing was made. `NO_NEWS`: it is not known whether one fits, and nothing was made; ask again. `BUILD_FAILED`: every attempt failed; the volume stays, in `error`, and tells why.
   */
  create: call({
    input: NewVolume,
    output: Volume,
    dedupe: "store",
    timeout: "10m",
    errors: {
      QUOTA_EXCEEDED,
      /** As the scheduler said it. */
      NO_HOST: {
        code: "RESOURCE_EXHAUSTED",
        data: z.object({ considered: z.number(), rejections: z.array(Rejection) }),
      },
      NO_NEWS,
      BUILD_FAILED: {
        code: "UNAVAILABLE",
        data: z.object({ id: VolumeId, attempts: z.array(z.object({ address: z.string(), why: z.string() })) }),
      },
    },
  }),
  /** Takes an unplaced volume on and makes it here. For `create`; asking twice builds once. */
  build: call({
    route: "address",
    input: Id,
    output: Volume,
    lane: ofVolume,
    idempotent: true,
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
  /** Removes it. Refused while it has snapshots or is connected. */
  delete: call({
    route: "owner",
    input: Id,
    lane: ofVolume,
    timeout: "10m",
    errors: {
      WRONG_STATUS,
      HAS_SNAPSHOTS: z.object({ snapshots: z.number() }),
      IN_USE: z.object({ host: z.string().nullable() }),
    },
  }),
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
    input: Id.extend({ name: VolumeName }).strict(),
    output: Snapshot,
    lane: ofVolume,
    timeout: "1h",
    errors: { QUOTA_EXCEEDED, WRONG_STATUS, UNSUPPORTED },
  }),
  listSnapshots: paged({
    filter: z.strictObject({ volumeId: VolumeId.optional(), status: SnapshotStatus.optional() }),
    item: Snapshot,
  }),
  deleteSnapshot: call({
    route: "owner",
    input: SnapshotKey,
    lane: ofVolume,
    timeout: "10m",
    errors: { WRONG_STATUS, UNSUPPORTED },
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
      name: VolumeName,
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
  /** Makes it reachable on its host. Asking twice gives the same answer. */
  connect: call({
    route: "owner",
    input: Id,
    output: z.object({ kind: z.enum(["file", "block"]), path: z.string() }),
    lane: ofVolume,
    idempotent: true,
    errors: { WRONG_STATUS },
  }),
  /** Undoes `connect`; succeeds when there is nothing to undo. */
  disconnect: call({ route: "owner", input: Id, output: Volume, lane: ofVolume, idempotent: true }),
  /** Compares what this backend has with what it should have, as at start. */
  rescan: call({
    route: "address",
    input: z.strictObject({}),
    output: z.object({
      /** Images that no volume or snapshot accounts for; never touched. */
      unknown: z.array(z.string()),
      /** Volumes and snapshots put into `error` because their image is gone. */
      missing: z.array(z.string()),
      /** Those that were `MISSING` and are there again. */
      found: z.array(z.string()),
    }),
    idempotent: true,
  }),
});

export type Volumes = typeof volumes;
