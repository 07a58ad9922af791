import type { CallEnd, CallMaker } from "./call-report.ts";
import type { InspectedTransition, InspectionLoad, InspectionSnapshot } from "./frame.ts";
import type { PanelTable } from "./panel.ts";

/**
 * What happened on one host since the last news: frames, coalesced and sampled so that any number of them makes little
 * news. Plain JSON; its size is bounded.
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
  readonly loads?: readonly InspectionLoad[];
  /** Actors that are no more. */
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
  /** Messages that neither stand here nor are counted by one that does. */
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

export interface ActorNews {
  readonly id: string;
  /** `manager/address`. */
  readonly name: string;
  readonly parentId?: string;
  /** Key of the chart in {@link HostNews.definitions}. */
  readonly definition: string;
  readonly snapshot: InspectionSnapshot;
  readonly history: readonly InspectedTransition[];
  readonly at: number;
}

export interface MessageNews {
  /** Unique and rising within the instance. */
  readonly seq: number;
  readonly at: number;
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

export interface ChangeNews {
  readonly id: string;
  readonly event: string;
  readonly snapshot: InspectionSnapshot;
  readonly at: number;
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
