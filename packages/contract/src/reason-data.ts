import type { Issue } from "./schema.ts";

interface Issues {
  /** What is wrong with it, by place. */
  readonly issues: readonly Issue[];
}

interface Size {
  readonly bytes: number;
  readonly limitBytes: number;
}

interface StoreFile {
  readonly path: string;
  /** The directory of the file, where that is what is wrong. */
  readonly directory?: string;
  /** What is wrong with the file, where it is watched. */
  readonly kind?: "full" | "gone" | "replaced" | "truncated" | "damaged" | "failed";
}

interface StoreVersion {
  /** The store's name. */
  readonly store: string;
  readonly version: number;
}

interface DriverWord {
  /** The driver's name. */
  readonly driver: string;
  readonly method: string;
  /** The driver's own word on whether to try again. */
  readonly retryable: boolean;
}

interface KeptActorName {
  readonly machine: string;
  /** Its id. */
  readonly actor: string;
}

/** A driver call that still runs though the work that made it has failed. */
export interface WaitingFor {
  readonly driver: string;
  readonly method: string;
  /** When it began, as ISO text. */
  readonly since: string;
}

/** Of whatever reason work has failed for: a driver call that it made may yet take effect. */
export interface Held {
  readonly resource: string;
  readonly waitingFor: WaitingFor;
}

/**
 * `data` of the runtime's own reasons, by reason; a reason that is not here has none. `undefined` beside it: not every error of
 * that reason has it. Errors of other processes have what the version there gives them: more, perhaps, and of an older one less.
 */
export interface DataByReason {
  ACTOR_EXISTS: KeptActorName;
  ACTOR_FAILED: KeptActorName;
  MACHINE_REFUSED: {
    readonly machine: string;
    /** Absent where all of a version are meant. */
    readonly actor?: string;
    readonly version: number;
  };
  NO_ACTOR: KeptActorName;
  ABANDONED: { readonly resource: string } | undefined;
  BUSY: {
    readonly resource: string;
    /** The kind of the work, and when it began, as ISO text. */
    readonly kind?: string;
    readonly since?: string;
    readonly waitingFor?: WaitingFor;
  };
  CONSTRAINT_FAILED:
    | {
        /** A value takes more bytes than a column may hold. */
        readonly table: string;
        readonly column: string | undefined;
        readonly bytes: number;
        readonly largestBytes: number;
      }
    | undefined;
  DEADLINE_EXCEEDED:
    | {
        /** The link to the broker was down when the deadline passed: since when, as ISO text. */
        readonly linkDownSince: string;
      }
    | undefined;
  INTERRUPTED: { readonly resource: string } | undefined;
  CASTS_FULL: { readonly kept: number };
  DRIVER_FAILED: (DriverWord & Partial<Issues> & Readonly<Record<string, unknown>>) | undefined;
  DRIVER_LOST: { readonly driver: string } | undefined;
  DUPLICATE_KEY: {
    readonly state: "running" | "interrupted" | "failed" | "ended";
    /** What its work was done to. */
    readonly resource?: string;
  };
  FENCED:
    | {
        readonly epoch: number;
        /** The newer incarnation's, where it is known. */
        readonly successor?: number | undefined;
        /** The address of the member of its cluster that finishes its work; absent where a newer incarnation has its address. */
        readonly by?: string | undefined;
      }
    | undefined;
  HUNG: { readonly operation: string; readonly since: string };
  INVALID_INPUT: Issues | undefined;
  INVALID_OPTION:
    | (Partial<Issues> & {
        /** The cluster that an address belongs to. */
        readonly cluster?: string;
        /** The managers whose reset failed. */
        readonly failures?: readonly { readonly manager: string; readonly address: string; readonly error: unknown }[];
      })
    | undefined;
  INVALID_OUTPUT: Issues | undefined;
  LINK_SATURATED: { readonly unconfirmedBytes: number; readonly limitBytes: number };
  MAILBOX_FULL: {
    readonly retryAfterMs: number;
    /** Calls that wait. */
    readonly queued?: number;
  };
  MIGRATION_FAILED: StoreVersion;
  MIGRATION_REFUSED: StoreVersion;
  MOVED: {
    /** The address to call. */
    readonly owner: string;
    /** What to do where nobody lives there any more. */
    readonly whenGone?: string;
  };
  NOT_PERMITTED:
    | {
        readonly operation: string;
        /** Any one of them suffices. */
        readonly roles: readonly string[];
        /** The caller whose word is not taken. */
        readonly caller?: string;
      }
    | {
        /** What the broker's permissions keep from this process. */
        readonly denied: readonly { readonly right: "publish" | "subscribe"; readonly subject: string }[];
      }
    | undefined;
  NOT_SERVING:
    | {
        /** The manager's lifecycle state. */
        readonly state: string;
      }
    | undefined;
  OWNER_FAILED: {
    readonly manager: string;
    readonly operation: string;
  };
  PAYLOAD_TOO_LARGE: Size;
  ROW_EXISTS: { readonly table: string; readonly columns: readonly string[] };
  ROW_NOT_FOUND: { readonly table: string; readonly key: unknown };
  START_TIMEOUT: { readonly step: string; readonly limitMs: number };
  STORE_CORRUPT: StoreFile | undefined;
  STORE_FAILED: StoreFile | undefined;
  STORE_IN_USE: StoreFile & { readonly pid?: number; readonly host?: string };
  UNDECLARED: {
    /** Finds it in the manager's log. */
    readonly errorId: string;
  };
  WORKERS_FULL: { readonly running: number; readonly queued: number };
}
