/** What the official tools understand: the three frames of `@statelyai/inspect` 0.7, one JSON text each. */
export type StatelyFrame = StatelyActorFrame | StatelyEventFrame | StatelySnapshotFrame;

interface StatelyBase {
  /** Of one life of an actor. */
  readonly sessionId: string;
  /** The session of the host that it lives on. */
  readonly rootId: string;
  /** Milliseconds since 1970, as text. */
  readonly createdAt: string;
  /** Unique among the frames of one viewer. */
  readonly id: string;
  readonly _version: string;
}

export interface StatelyActorFrame extends StatelyBase {
  readonly type: "@xstate.actor";
  readonly name: string;
  /** Absent for a host. */
  readonly parentId: string | undefined;
  /** The machine's configuration as JSON. */
  readonly definition: string;
  readonly snapshot: StatelySnapshot;
}

export interface StatelyEventFrame extends StatelyBase {
  readonly type: "@xstate.event";
  /** Absent where who sent it is no actor that is known. */
  readonly sourceId: string | undefined;
  readonly event: StatelyEvent;
}

/** The last one of a session has a status other than `active`. */
export interface StatelySnapshotFrame extends StatelyBase {
  readonly type: "@xstate.snapshot";
  readonly event: StatelyEvent;
  readonly snapshot: StatelySnapshot;
}

export interface StatelyEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** As XState has it. */
export type StatelySnapshot = StatelyStatus & {
  readonly value?: unknown;
  readonly context?: unknown;
  readonly children: object;
  readonly tags: readonly string[];
  readonly historyValue: object;
};

type StatelyStatus =
  | { readonly status: "active" | "stopped"; readonly output: undefined; readonly error: undefined }
  | { readonly status: "done"; readonly output: unknown; readonly error: undefined }
  | { readonly status: "error"; readonly output: undefined; readonly error: unknown };

/** What is known of an actor that shows itself. */
export interface ShownSnapshot {
  readonly status: "active" | "done" | "error" | "stopped";
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** Where a frame belongs. */
export interface StatelyPlace {
  readonly sessionId: string;
  readonly rootId: string;
  readonly at: number;
}

/** The receivers ask that it be a text; it is the version whose frames these are. */
const version = "0.7.2";

/** Makes the frames of one viewer. */
export class StatelyFrames {
  #made = 0;

  actor(
    place: StatelyPlace,
    actor: { readonly name: string; readonly parentId: string | undefined; readonly definition: object },
    snapshot: ShownSnapshot,
  ): StatelyActorFrame {
    const { name, parentId, definition } = actor;
    return {
      ...{ type: "@xstate.actor", name, ...this.#base(place), parentId },
      ...{ definition: JSON.stringify(definition), snapshot: statelySnapshot(snapshot) },
    };
  }

  event(place: StatelyPlace, sourceId: string | undefined, event: StatelyEvent): StatelyEventFrame {
    return { type: "@xstate.event", ...this.#base(place), sourceId, event };
  }

  snapshot(place: StatelyPlace, event: StatelyEvent, snapshot: ShownSnapshot): StatelySnapshotFrame {
    return { type: "@xstate.snapshot", ...this.#base(place), event, snapshot: statelySnapshot(snapshot) };
  }

  #base({ sessionId, rootId, at }: StatelyPlace): StatelyBase {
    this.#made += 1;
    return { sessionId, rootId, createdAt: String(at), id: String(this.#made), _version: version };
  }
}

function statelySnapshot({ status, value, context, output, error }: ShownSnapshot): StatelySnapshot {
  const shown = { value, context, children: {}, tags: [], historyValue: {} };
  if (status === "done") return { ...shown, status, output, error: undefined };
  if (status === "error") return { ...shown, status, output: undefined, error };
  return { ...shown, status, output: undefined, error: undefined };
}
