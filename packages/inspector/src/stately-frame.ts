import type { ActorNews, ChangeNews, InspectionSnapshot, MessageNews } from "@reeve/runtime/internal/inspection";

/**
 * What the official tools understand: the three frames of `@statelyai/inspect` 0.7, one JSON text each. Payloads of
 * calls are left out, since these tools may show them on a page of somebody else.
 */
export type StatelyFrame = StatelyActorFrame | StatelyEventFrame | StatelySnapshotFrame;

interface StatelyBase {
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds since 1970, as text. */
  readonly createdAt: string;
  readonly id: null;
  readonly _version: string;
}

export interface StatelyActorFrame extends StatelyBase {
  readonly type: "@xstate.actor";
  readonly name: string;
  readonly parentId?: string;
  /** The machine's configuration as JSON. */
  readonly definition: string;
  readonly snapshot: StatelySnapshot;
}

export interface StatelyEventFrame extends StatelyBase {
  readonly type: "@xstate.event";
  readonly sourceId?: string;
  readonly event: StatelyEvent;
}

export interface StatelySnapshotFrame extends StatelyBase {
  readonly type: "@xstate.snapshot";
  readonly event: StatelyEvent;
  readonly snapshot: StatelySnapshot;
}

interface StatelyEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

interface StatelySnapshot extends InspectionSnapshot {
  readonly children: object;
  readonly tags: readonly string[];
  readonly historyValue: object;
}

/** The receivers ask that it be a text; it is the version whose frames these are. */
const version = "0.7.2";

export function actorFrame(actor: ActorNews, definition: object): StatelyActorFrame {
  const { id, name, parentId, snapshot, at } = actor;
  return {
    type: "@xstate.actor",
    name,
    ...base(id, at),
    ...(parentId === undefined ? {} : { parentId }),
    definition: JSON.stringify(definition),
    snapshot: statelySnapshot(snapshot),
  };
}

export function snapshotFrame({ id, event, snapshot, at }: ChangeNews): StatelySnapshotFrame {
  return { type: "@xstate.snapshot", ...base(id, at), event: { type: event }, snapshot: statelySnapshot(snapshot) };
}

export function eventFrame({ at, from, to, type, operation, requestId, count }: MessageNews): StatelyEventFrame {
  return {
    type: "@xstate.event",
    ...base(to, at),
    ...(from === undefined ? {} : { sourceId: from }),
    event: {
      type,
      ...(operation === undefined ? {} : { operation }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(count === 1 ? {} : { count }),
    },
  };
}

/** Says to a slow viewer, in its own terms, that it was not told everything. */
export function missedFrames(missed: number, at: number): readonly StatelyFrame[] {
  const id = "inspector";
  const snapshot = { status: "active", value: "behind", context: {}, children: {}, tags: [], historyValue: {} };
  return [
    {
      type: "@xstate.actor",
      name: id,
      ...base(id, at),
      definition: `{"id":"${id}"}`,
      snapshot,
    } as unknown as StatelyFrame,
    { type: "@xstate.event", ...base(id, at), event: { type: "frames.dropped", missed } },
  ];
}

function base(id: string, at: number): StatelyBase {
  return { sessionId: id, rootId: id, createdAt: String(at), id: null, _version: version };
}

function statelySnapshot(snapshot: InspectionSnapshot): StatelySnapshot {
  return { ...snapshot, children: {}, tags: [], historyValue: {} };
}
