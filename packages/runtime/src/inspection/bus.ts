import type { InspectionFrame } from "./frame.ts";

export type InspectionObserver = (frame: InspectionFrame) => void;

/** An actor that can describe itself to somebody who starts to watch. */
export interface InspectionSource {
  /** Its {@link ActorFrame} now. */
  describe(): InspectionFrame;
}

/**
 * Carries frames to whoever watches. Nobody watching, it costs one comparison: sources ask {@link watched} before they
 * make a frame. An observer that throws is detached and harms nobody else.
 */
export class InspectionBus {
  readonly #observers = new Set<InspectionObserver>();
  readonly #sources = new Set<InspectionSource>();

  get watched(): boolean {
    return this.#observers.size > 0;
  }

  /** Every live actor is described to the observer before this returns. Returns how to stop. */
  observe(observer: InspectionObserver): () => void {
    this.#observers.add(observer);
    for (const source of this.#sources) this.#tell(observer, source.describe());
    return () => this.#observers.delete(observer);
  }

  emit(frame: InspectionFrame): void {
    for (const observer of this.#observers) this.#tell(observer, frame);
  }

  /** Returns how to take the source out again. */
  add(source: InspectionSource): () => void {
    this.#sources.add(source);
    if (this.watched) this.emit(source.describe());
    return () => this.#sources.delete(source);
  }

  #tell(observer: InspectionObserver, frame: InspectionFrame): void {
    try {
      observer(frame);
    } catch {
      this.#observers.delete(observer);
    }
  }
}
