import type { CallEnd, CallMaker } from "./call-report.ts";
import type { CallFailure, ChildSnapshot, InspectedTransition, InspectionLoad, InspectionSnapshot } from "./frame.ts";
import type { PanelTable } from "./panel.ts";

/**
 * What happened on one host since the last news: frames, coalesced and sampled so that any number of them makes little
 * news. Plain JSON; its size is bounded. {@link Told.seq} says in which order it happened, across its lists; what an earlier news
 * tells happened before.
 */
export interface HostNews {
  /** One process's life: a host that restarts has another. */
  readonly instance: string;
  /** One more than the last news of this instance. A gap means that something was missed: ask for everything. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Forget what was known of this instance: everything follows. */
  readonly host?: HostFacts;
  /** The rest of the last news, which was too long for one; its `seq` is the same. */
  readonly more?: true;
  /** Charts that `actors` refer to and that were not told before. */
  readonly definitions?: Readonly<Record<string, object>>;
  readonly actors?: readonly ActorNews[];
  readonly messages?: readonly MessageNews[];
  readonly ends?: readonly CallEndNews[];
  readonly changes?: readonly ChangeNews[];
  /** How calls ended that stand in `messages`, of this news or an earlier one; the first 20. */
  readonly replies?: readonly ReplyNews[];
  /** Users' own actors, each after the manager or actor that it is below. */
  readonly children?: readonly ChildNews[];
  readonly childChanges?: readonly ChildChangeNews[];
  readonly loads?: readonly InspectionLoad[];
  /** Managers' actors that are no more. */
  readonly ended?: readonly string[];
  /** What the watchers asked to see closely. */
  readonly details?: readonly DetailNews[];
  readonly tables?: readonly TableNews[];
  /** Its panels, where they are other than before. */
  readonly panels?: readonly PanelHead[];
  /** Why the host is about to stop, though nobody told it to. */
  readonly gaveUp?: GaveUp;
  /** The host stops in order: this is its last news. */
  readonly left?: true;
  /** Messages that neither stand here nor are counted by one that does, and children that came and went untold. */
  readonly skipped?: number;
}

/** A supervisor gave up on a manager. */
export interface GaveUp {
  readonly reason: string;
  readonly message: string;
}

export interface HostFacts {
  readonly host: string;
  readonly cluster?: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly panels: readonly PanelHead[];
  /** Whether it takes actions of the `host` contract from elsewhere. */
  readonly acts: boolean;
}

export interface PanelHead {
  readonly id: string;
  readonly title: string;
  readonly empty?: string;
}

/** Something that happened. */
export interface Told {
  /** Unique and rising within the instance: what has the lower one happened before. Absent: before all that has one. */
  readonly seq?: number;
  readonly at: number;
}

export interface ActorNews extends Told {
  readonly id: string;
  /** `manager/address`. */
  readonly name: string;
  readonly parentId?: string;
  /** Key of the chart in {@link HostNews.definitions}. */
  readonly definition: string;
  readonly snapshot: InspectionSnapshot;
  readonly history: readonly InspectedTransition[];
}

export interface ChildNews extends Told {
  readonly id: string;
  /** As its manager calls it. */
  readonly name: string;
  readonly parentId: string;
  /** Key of the chart in {@link HostNews.definitions}. */
  readonly definition: string;
  readonly snapshot: ChildSnapshot;
}

export interface MessageNews extends Told {
  /** Names the message as well. */
  readonly seq: number;
  /** Absent when it came from outside any manager. */
  readonly from?: string;
  readonly to: string;
  readonly type: string;
  readonly operation?: string;
  readonly requestId?: string;
  /** How many like it this one stands for. */
  readonly count: number;
  /** Whether the host can be asked for what it carried. */
  readonly payload?: true;
  /** Who makes it, where it is a call. */
  readonly maker?: CallMaker;
  /** How it ended, if it has. */
  readonly end?: CallEnd;
}

/** A call that was told of before has ended. */
export interface CallEndNews extends CallEnd {
  /** Of the message. */
  readonly seq: number;
}

export interface ReplyNews extends Told {
  /** The actor that was called. */
  readonly from: string;
  /** The name of the manager that called. Absent when the call came from outside any manager. */
  readonly to?: string;
  readonly operation: string;
  readonly requestId: string;
  readonly end: "done" | "accepted" | CallFailure;
}

export interface ChangeNews extends Told {
  readonly id: string;
  readonly event: string;
  readonly snapshot: InspectionSnapshot;
}

/** A child's last one has a status other than `active`. */
export interface ChildChangeNews extends Told {
  readonly id: string;
  readonly event: string;
  readonly snapshot: ChildSnapshot;
}

export interface DetailNews {
  readonly id: string;
  readonly context: InspectionSnapshot["context"];
}

export interface TableNews {
  readonly panel: string;
  readonly table: PanelTable;
}

/** What a watcher wants to see closely. */
export interface Interest {
  /** Ids of actors; the first 8 count. */
  readonly focus: readonly string[];
  /** Ids of panels; the first 8 count. */
  readonly panels: readonly string[];
}

export const noInterest: Interest = { focus: [], panels: [] };
