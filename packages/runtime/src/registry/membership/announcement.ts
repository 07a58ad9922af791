import { parseVersion } from "@reeve/contract/internal";
import { readAddress, readInteger, readName } from "../../config/index.ts";
import type { MemberEntry, MemberState } from "./member-entry.ts";

export interface AnnounceOptions {
  readonly manager: string;
  /** The contract's, `major.minor`. */
  readonly version: string;
  readonly address: string;
  readonly cluster?: string | undefined;
  /** Of this incarnation; above that of the one announced before it at this address. */
  readonly epoch: number;
  /** Identifies this incarnation. Default: none, as with processes of old. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that the epoch was counted in. */
  readonly store?: string | undefined;
  /** Calls running and waiting now; asked every second. */
  readonly load?: (() => { readonly inFlight: number; readonly queued: number }) | undefined;
}

/** What others should know of a manager's state. */
export interface AnnouncedStatus {
  readonly state: MemberState;
  readonly phase: "warmingUp" | "ready" | undefined;
  readonly causes: readonly { readonly reason: string }[];
  /** Whether it takes `any` calls. */
  readonly canServe: boolean;
}

/** One incarnation's place among the members. After the end, or once a newer incarnation took its place, it does nothing. */
export interface Announcement {
  setStatus(status: AnnouncedStatus): void;
  /** Since when it holds its address, by the clock that counts sleep; undefined: it does not. */
  setHeld(since: number | undefined): void;
  /** Says that it has stopped, unless its last status said so. */
  end(): void;
}

/** @throws ReeveError `INVALID_OPTION` naming what is malformed */
export function readAnnounceOptions(options: AnnounceOptions, reconnects: number): MemberEntry {
  const { manager, version, address, cluster, epoch, incarnation, store } = options;
  readName("members: manager", manager);
  readAddress("members: address", address);
  if (cluster !== undefined) readAddress("members: cluster", cluster);
  return {
    manager,
    ...parseVersion("members: version", version),
    address,
    cluster,
    epoch: readInteger("members: epoch", epoch, 0, { min: 0 }),
    incarnation,
    store,
    heldSince: undefined,
    state: "booting",
    phase: undefined,
    reasons: [],
    canServe: false,
    inFlight: 0,
    queued: 0,
    reconnects,
  };
}
