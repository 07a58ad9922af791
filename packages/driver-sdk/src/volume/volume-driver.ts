import { driverPort } from "../driver-port.ts";
import { method, query, streaming, transfer } from "../method.ts";
import { VolumeStats } from "./volume-stats.ts";

/** A volume to be made. Rows with more fields fit as they are. */
export interface VolumeSpec {
  /** The identity, everywhere; see `requireId`. */
  readonly id: string;
  /** In whole MiB: a multiple of 1/1024. A driver may round up and then lists what it made. */
  readonly sizeGiB: number;
  /** What people call it: a label for the device's own screens, never an identity, any text. */
  readonly name?: string | undefined;
}

export interface VolumeKey {
  readonly id: string;
}

/** A snapshot is known by its own id and its volume's, as RBD and ZFS need it. */
export interface SnapshotKey {
  readonly id: string;
  readonly volumeId: string;
}

/** Something with content. */
export type Source = ({ readonly kind: "volume" } & VolumeKey) | ({ readonly kind: "snapshot" } & SnapshotKey);

export interface CloneSpec extends VolumeSpec {
  readonly from: Source;
  /** Share no storage with the source: a full copy, that survives whatever happens to it. Default false: as cheap as the device can. */
  readonly independent?: boolean | undefined;
}

export interface ImportSpec extends VolumeSpec {
  /** The content from the start, in chunks of any size. The rest of the volume reads as zeros. */
  readonly data: AsyncIterable<Uint8Array>;
}

/** How this host reaches a volume. */
export interface VolumeConnection {
  /** `file`: an image file. `block`: a block device. */
  readonly kind: "file" | "block";
  readonly path: string;
}

/**
 * What an interrupted create, clone, import or snapshot left. Deleting that id removes it; so what is listed as a finished
 * volume or snapshot is never a leftover as well.
 */
export type Leftover = Source & { readonly bytes: number };

/** Everything on the device that is this driver's. */
export interface Inventory {
  readonly volumes: readonly { readonly id: string; readonly sizeGiB: number }[];
  readonly snapshots: readonly { readonly id: string; readonly volumeId: string; readonly sizeGiB: number }[];
  /** Without what a call of this session is still making. */
  readonly leftovers: readonly Leftover[];
}

/**
 * Block storage, as the volume manager needs it. What Cinder's volume drivers do, with these promises added; `./conformance`
 * holds a driver to them.
 *
 * - A volume or snapshot is there whole or not at all, whatever moment the process dies or the call is aborted.
 * - Calls for one id may overlap; they take effect one after the other.
 * - A malformed id or size is `INVALID_ARGUMENT`, an id that is taken `ALREADY_EXISTS`, an unknown one `NOT_FOUND`,
 *   a full device `RESOURCE_EXHAUSTED`.
 */
export const volumeDriver = driverPort("volume", {
  version: "1.0",
  methods: {
    /** Makes a volume that reads as zeros. What an interrupted attempt at this id left is replaced. */
    create: method<VolumeSpec>(),
    /** Removes the volume and what interrupted attempts at this id left. Succeeds when there is nothing. Snapshots keep their content, or the driver refuses with `FAILED_PRECONDITION`. */
    delete: method<VolumeKey>(),
    /** Grows the volume; content stays, the new part reads as zeros. The same size is no error, a smaller one `INVALID_ARGUMENT`. */
    extend: method<VolumeSpec>(),
    /** What exists, to reconcile usage at start and for recovery. */
    list: query<Inventory>(),
    /** Makes the volume reachable on this host. Repeating it gives the same answer. */
    connect: method<VolumeKey, VolumeConnection>(),
    /** Undoes `connect`. Succeeds when there is nothing to undo. */
    disconnect: method<VolumeKey>(),
  },
  abilities: {
    snapshots: {
      /** Freezes the volume's present content under a key. */
      create: transfer<SnapshotKey>(),
      /** Removes the snapshot and what interrupted attempts at it left. Succeeds when there is nothing. */
      delete: method<SnapshotKey>(),
    },
    clones: {
      /** Makes a volume with the content of another or of a snapshot, at least as large; what is beyond reads as zeros. */
      clone: transfer<CloneSpec>(),
    },
    images: {
      /** Makes a volume from a stream of bytes. More bytes than the size are `INVALID_ARGUMENT`; then, and when the stream fails, no volume is left. */
      import: transfer<ImportSpec>(),
      /** Reads the content, all of it, in order. */
      export: streaming<Source, Uint8Array>(),
    },
  },
  stats: VolumeStats,
});

export type VolumeDriverPort = typeof volumeDriver;
