import { boundedValue } from "./bounded-value.ts";
import type { CallEnd, CallMaker } from "./call-report.ts";
import { plainDefinition } from "./definition-json.ts";
import type {
  ActorFrame,
  ChildFrame,
  ChildSnapshot,
  ChildSnapshotFrame,
  EventFrame,
  InspectionFrame,
  InspectionSnapshot,
  ReplyFrame,
  SnapshotFrame,
} from "./frame.ts";
import { MessageBatch } from "./message-batch.ts";
import type { ActorNews, ChangeNews, ChildChangeNews, ChildNews, HostNews, ReplyNews } from "./news.ts";
import type { PayloadShelf } from "./payload-shelf.ts";

/** Of one actor between two news: one that flaps faster loses its oldest steps. */
const changesEach = 8;
/** How many replies stand in one news. */
const mostReplies = 20;
/** From here on, children that come and go between two news are not told. */
const mostChildren = 200;
/** What `inspect()` shows, as it goes to every watcher: enough for a glance. */
const glance = { depth: 3, nodes: 30, text: 80 };

type Gathered = Omit<HostNews, "instance" | "seq" | "at">;

/** Turns the frames between two news into little: sanitised, folded, bounded, and numbered in the order in which they came. */
export class FrameGatherer {
  readonly #messages: MessageBatch;
  readonly #toldDefinitions = new Set<string>();
  #seq: number;
  #definitions: Record<string, object> = {};
  #actors = new Map<string, ActorNews>();
  #changes = new Map<string, ChangeNews[]>();
  #children = new Map<string, ChildNews>();
  #childChanges = new Map<string, ChildChangeNews[]>();
  #replies: ReplyNews[] = [];
  #lost = 0;

  /** @param after the number of what its host told last. Default 0 */
  constructor(shelf: PayloadShelf, after = 0) {
    this.#messages = new MessageBatch(shelf);
    this.#seq = after;
  }

  /** The number of what was added last. */
  get seq(): number {
    return this.#seq;
  }

  /** Never throws: an observer that does is detached from the bus. */
  add(frame: InspectionFrame, maker?: CallMaker): void {
    this.#seq += 1;
    try {
      this.#add(frame, maker);
    } catch {
      this.#lost += 1;
    }
  }

  end(frame: EventFrame, end: CallEnd): void {
    this.#messages.end(frame, end);
  }

  /** What was gathered; empty members are left out. */
  take(): Gathered {
    const { messages, ends, skipped } = this.#messages.take();
    const gathered = {
      actors: [...this.#actors.values()],
      children: [...this.#children.values()],
      changes: [...this.#changes.values()].flat(),
      childChanges: [...this.#childChanges.values()].flat(),
      messages,
      ends,
      replies: this.#replies,
    };
    const lost = skipped + this.#lost;
    const definitions = this.#definitions;
    this.#definitions = {};
    this.#actors = new Map();
    this.#changes = new Map();
    this.#children = new Map();
    this.#childChanges = new Map();
    this.#replies = [];
    this.#lost = 0;
    return {
      ...(Object.keys(definitions).length > 0 ? { definitions } : {}),
      ...Object.fromEntries(Object.entries(gathered).filter(([, told]) => told.length > 0)),
      ...(lost > 0 ? { skipped: lost } : {}),
    };
  }

  #add(frame: InspectionFrame, maker: CallMaker | undefined): void {
    switch (frame.type) {
      case "actor":
        return void this.#actors.set(frame.id, this.#actor(frame));
      case "child":
        return void this.#children.set(frame.id, this.#child(frame));
      case "event":
        return this.#messages.add(frame, this.#seq, maker);
      case "reply":
        return this.#reply(frame);
      case "snapshot":
        return this.#change(frame);
      case "child.snapshot":
        return this.#childChange(frame);
    }
  }

  #actor({ id, name, parentId, definition, snapshot, history = [], at }: ActorFrame): ActorNews {
    // It describes itself as it is now: what was gathered of it before is part of that.
    this.#changes.delete(id);
    return {
      seq: this.#seq,
      id,
      name,
      ...(parentId === undefined ? {} : { parentId }),
      definition: this.#define(definition),
      snapshot: atAGlance(snapshot),
      history,
      at,
    };
  }

  #child({ id, name, parentId, definition, snapshot, at }: ChildFrame): ChildNews {
    this.#childChanges.delete(id);
    return {
      seq: this.#seq,
      id,
      name,
      parentId,
      definition: this.#define(definition),
      snapshot: childAtAGlance(snapshot),
      at,
    };
  }

  #define(definition: object): string {
    const { key, definition: plain } = plainDefinition(definition);
    if (!this.#toldDefinitions.has(key)) {
      this.#toldDefinitions.add(key);
      this.#definitions[key] = plain;
    }
    return key;
  }

  #change({ id, event, snapshot, at }: SnapshotFrame): void {
    push(this.#changes, id, { seq: this.#seq, id, event: event.type, snapshot: atAGlance(snapshot), at });
  }

  #childChange({ id, event, snapshot, at }: ChildSnapshotFrame): void {
    if (snapshot.status !== "active" && this.#children.size > mostChildren && this.#children.delete(id)) {
      this.#childChanges.delete(id);
      this.#lost += 1;
      return;
    }
    push(this.#childChanges, id, { seq: this.#seq, id, event: event.type, snapshot: childAtAGlance(snapshot), at });
  }

  #reply({ id, callerName, operation, requestId, end, at }: ReplyFrame): void {
    if (this.#replies.length === mostReplies) return;
    const to = callerName === undefined ? {} : { to: callerName };
    this.#replies.push({ seq: this.#seq, at, from: id, ...to, operation, requestId, end });
  }
}

/** The newest count: the last of an actor that ends is its end. */
function push<C>(all: Map<string, C[]>, id: string, change: C): void {
  const changes = all.get(id) ?? [];
  if (changes.length === 0) all.set(id, changes);
  else if (changes.length === changesEach) changes.shift();
  changes.push(change);
}

function atAGlance(snapshot: InspectionSnapshot): InspectionSnapshot {
  const { own, ...context } = snapshot.context;
  return { ...snapshot, context: own === undefined ? context : { ...context, own: boundedValue(own, glance) } };
}

function childAtAGlance({ status, ...shown }: ChildSnapshot): ChildSnapshot {
  const present = Object.entries(shown).filter(([, value]) => value !== undefined);
  return { status, ...Object.fromEntries(present.map(([name, value]) => [name, boundedValue(value, glance)])) };
}
