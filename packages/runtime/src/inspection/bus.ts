import type { ActorFrame, ChildFrame, InspectionFrame, InspectionLoad } from "./frame.ts";

/** Of how many ended actors the last word is kept. */
const mostEnded = 64;

export type InspectionObserver = (frame: InspectionFrame) => void;

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
  readonly #observers = new Set<InspectionObserver>();
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
  observe(observer: InspectionObserver): () => void {
    this.#observers.add(observer);
    for (const source of this.#sources) {
      const frame = this.#ask(() => source.describe());
      if (!frame) continue;
      this.#tell(observer, frame);
      for (const child of this.#ask(() => [...(source.children?.() ?? [])]) ?? []) this.#tell(observer, child);
    }
    return () => this.#observers.delete(observer);
  }

  emit(frame: InspectionFrame): void {
    for (const observer of this.#observers) this.#tell(observer, frame);
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

  #tell(observer: InspectionObserver, frame: InspectionFrame): void {
    try {
      observer(frame);
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
