import { boundedValue } from "./bounded-value.ts";
import type { CallEnd, CallMaker } from "./call-report.ts";
import { plainDefinition } from "./definition-json.ts";
import type { ActorFrame, EventFrame, InspectionFrame, InspectionSnapshot, SnapshotFrame } from "./frame.ts";
import { MessageBatch } from "./message-batch.ts";
import type { ActorNews, ChangeNews, HostNews } from "./news.ts";
import type { PayloadShelf } from "./payload-shelf.ts";

/** Of one actor between two news: one that flaps faster loses its oldest steps. */
const changesEach = 8;
/** What `inspect()` shows, as it goes to every watcher: enough for a glance. */
const glance = { depth: 3, nodes: 30, text: 80 };

type Gathered = Pick<HostNews, "definitions" | "actors" | "changes" | "messages" | "ends" | "skipped">;

/** Turns the frames between two news into little: sanitised, folded, bounded. */
export class FrameGatherer {
  readonly #messages: MessageBatch;
  readonly #toldDefinitions = new Set<string>();
  #definitions: Record<string, object> = {};
  #actors = new Map<string, ActorNews>();
  #changes = new Map<string, ChangeNews[]>();
  #lost = 0;

  constructor(shelf: PayloadShelf) {
    this.#messages = new MessageBatch(shelf);
  }

  /** Never throws: an observer that does is detached from the bus. */
  add(frame: InspectionFrame, maker?: CallMaker): void {
    try {
      if (frame.type === "event") this.#messages.add(frame, maker);
      else if (frame.type === "actor") this.#actors.set(frame.id, this.#actor(frame));
      else this.#change(frame);
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
    const lost = skipped + this.#lost;
    const gathered: Gathered = {
      ...(Object.keys(this.#definitions).length > 0 ? { definitions: this.#definitions } : {}),
      ...(this.#actors.size > 0 ? { actors: [...this.#actors.values()] } : {}),
      ...(this.#changes.size > 0 ? { changes: [...this.#changes.values()].flat() } : {}),
      ...(messages.length > 0 ? { messages } : {}),
      ...(ends.length > 0 ? { ends } : {}),
      ...(lost > 0 ? { skipped: lost } : {}),
    };
    this.#definitions = {};
    this.#actors = new Map();
    this.#changes = new Map();
    this.#lost = 0;
    return gathered;
  }

  #actor({ id, name, parentId, definition, snapshot, history = [], at }: ActorFrame): ActorNews {
    const { key, definition: plain } = plainDefinition(definition);
    if (!this.#toldDefinitions.has(key)) {
      this.#toldDefinitions.add(key);
      this.#definitions[key] = plain;
    }
    // It describes itself as it is now: what was gathered of it before is part of that.
    this.#changes.delete(id);
    return {
      id,
      name,
      ...(parentId === undefined ? {} : { parentId }),
      definition: key,
      snapshot: atAGlance(snapshot),
      history,
      at,
    };
  }

  #change({ id, event, snapshot, at }: SnapshotFrame): void {
    const changes = this.#changes.get(id) ?? [];
    if (changes.length === 0) this.#changes.set(id, changes);
    else if (changes.length === changesEach) changes.shift();
    changes.push({ id, event: event.type, snapshot: atAGlance(snapshot), at });
  }
}

function atAGlance(snapshot: InspectionSnapshot): InspectionSnapshot {
  const { own, ...context } = snapshot.context;
  return { ...snapshot, context: own === undefined ? context : { ...context, own: boundedValue(own, glance) } };
}
