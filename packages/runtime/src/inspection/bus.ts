import type { CallEnd, CallMaker } from "./call-report.ts";
import type { ActorFrame, ChildFrame, EventFrame, InspectionFrame, InspectionLoad } from "./frame.ts";

/** Of how many ended actors the last word is kept. */
const mostEnded = 64;

/** @param maker of a call */
export type InspectionObserver = (frame: InspectionFrame, maker?: CallMaker) => void;

/** Told how a call ended. @param frame the one that told of its arrival */
export type CallEndObserver = (frame: EventFrame, end: CallEnd) => void;

/** An actor that can describe itself to somebody who starts to watch. */
export interface InspectionSource {
  /** Its {@link ActorFrame} now. */
  describe(): InspectionFrame;
  /** The actors that live in it, as they are now. Default: none. */
  children?(): Iterable<ChildFrame>;
  /** Its figures now. Asked about once a second for every live actor while somebody watches: runs nothing of the user's. */
  load?(): InspectionLoad;
}

/**
 * Carries frames to whoever watches. Nobody watching, it costs one comparison: sources ask {@link watched} before they
 * make a frame. An observer that throws is detached and harms nobody else.
 */
export class InspectionBus {
  readonly #observers = new Map<InspectionObserver, CallEndObserver | undefined>();
  readonly #sources = new Set<InspectionSource>();
  /** By name. */
  readonly #ended = new Map<string, ActorFrame>();
  #lives = 0;

  get watched(): boolean {
    return this.#observers.size > 0;
  }

  /** An id for one life of an actor of that name: `volume/block-01#7`. */
  newId(name: string): string {
    this.#lives += 1;
    return `${name}#${this.#lives}`;
  }

  /** Every live actor is described to the observer before this returns, children after their managers. Returns how to stop. */
  observe(observer: InspectionObserver, onCallEnd?: CallEndObserver): () => void {
    this.#observers.set(observer, onCallEnd);
    for (const source of this.#sources) {
      const frame = this.#ask(() => source.describe());
      if (!frame) continue;
      this.#tell(observer, frame);
      for (const child of this.#ask(() => [...(source.children?.() ?? [])]) ?? []) this.#tell(observer, child);
    }
    return () => this.#observers.delete(observer);
  }

  emit(frame: InspectionFrame, maker?: CallMaker): void {
    for (const observer of this.#observers.keys()) this.#tell(observer, frame, maker);
  }

  /** @param frame the one that told of the call's arrival */
  callEnded(frame: EventFrame, end: CallEnd): void {
    for (const [observer, onCallEnd] of this.#observers) {
      if (onCallEnd) this.#guard(observer, () => onCallEnd(frame, end));
    }
  }

  /** Returns how to take the source out again; its last word is kept for whoever comes later. */
  add(source: InspectionSource): () => void {
    this.#sources.add(source);
    if (this.watched) {
      const frame = this.#ask(() => source.describe());
      if (frame) this.emit(frame);
    }
    return () => {
      if (this.#sources.delete(source)) this.#remember(this.#ask(() => source.describe()));
    };
  }

  /** How the last incarnation of each actor ended, oldest first. Whether another took its place, they do not tell. */
  ended(): readonly ActorFrame[] {
    return [...this.#ended.values()];
  }

  /** The figures of every live actor. */
  *loads(): Iterable<InspectionLoad> {
    for (const source of this.#sources) {
      const load = this.#ask(() => (source.load ? source.load() : loadOf(source.describe())));
      if (load) yield load;
    }
  }

  /** The live actors of these ids as they are now, their own state included. */
  *described(ids: ReadonlySet<string>): Iterable<ActorFrame> {
    for (const source of this.#sources) {
      if (source.load && !ids.has(this.#ask(() => source.load?.())?.id ?? "")) continue;
      const frame = this.#ask(() => source.describe());
      if (frame?.type === "actor" && ids.has(frame.id)) yield frame;
    }
  }

  #remember(frame: InspectionFrame | undefined): void {
    if (frame?.type !== "actor") return;
    const { own: _, ...context } = frame.snapshot.context;
    this.#ended.delete(frame.name);
    this.#ended.set(frame.name, { ...frame, snapshot: { ...frame.snapshot, context } });
    for (const [oldest] of this.#ended) {
      if (this.#ended.size <= mostEnded) return;
      this.#ended.delete(oldest);
    }
  }

  /** A source that cannot describe itself is passed over. */
  #ask<T>(question: () => T): T | undefined {
    try {
      return question();
    } catch {
      return undefined;
    }
  }

  #tell(observer: InspectionObserver, frame: InspectionFrame, maker?: CallMaker): void {
    this.#guard(observer, () => observer(frame, maker));
  }

  #guard(observer: InspectionObserver, tell: () => void): void {
    try {
      tell();
    } catch {
      this.#observers.delete(observer);
    }
  }
}

function loadOf(frame: InspectionFrame): InspectionLoad | undefined {
  if (frame.type !== "actor") return undefined;
  const { inFlight, queued, calls, errors } = frame.snapshot.context;
  return { id: frame.id, inFlight, queued, calls, errors };
}
