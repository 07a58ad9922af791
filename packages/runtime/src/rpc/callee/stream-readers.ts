import type { Clock, Timer } from "../../base/clock.ts";
import { copyShared } from "../copy-shared.ts";
import type { ProgressSink } from "./progress.ts";

/** A reader that makes no room for so long holds nobody else up. */
const lateAfterMs = 1_000;

/** A call that may read steps. */
interface ReadingCall {
  readonly settled: boolean;
  readonly progress: ProgressSink | undefined;
}

interface Reader {
  readonly call: ReadingCall;
  readonly sink: ProgressSink;
  /** `late`: it has had no room for a second. */
  room: "some" | "none" | "late";
  timer: Timer;
}

/**
 * Who reads one stream that runs under a key: the call that began it and those that joined it. Whoever joins gets the last step
 * at once. The producer waits until all have room; a reader that has had none for a second is passed over as long as another has
 * some, and is told with its next step, or at the end, how many it has missed.
 */
export class StreamReaders {
  readonly #clock: Clock;
  readonly #readers = new Map<ReadingCall, Reader>();
  #last: { readonly step: unknown } | undefined;
  #goOn = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at once, or when there is room. Without readers it does not wait. */
  push(step: unknown): Promise<void> | undefined {
    this.#last = { step };
    for (const reader of this.#readers.values()) {
      if (reader.call.settled) this.#readers.delete(reader.call);
      else if (reader.room === "some") this.#give(reader, step);
      else reader.sink.missed(1);
    }
    if (this.#ready) return undefined;
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  /** A call reads it from here on, if it reads at all. */
  add(call: ReadingCall): void {
    const { progress: sink } = call;
    if (!sink) return;
    const reader: Reader = { call, sink, room: "some", timer: undefined };
    this.#readers.set(call, reader);
    if (this.#last) this.#give(reader, this.#last.step);
    this.#changed(reader, reader.room);
  }

  /** A call reads it no longer. */
  remove(call: ReadingCall): void {
    const reader = this.#readers.get(call);
    if (!reader) return;
    this.#clock.clearTimeout(reader.timer);
    this.#readers.delete(call);
    if (this.#ready) this.#goOn();
  }

  get #ready(): boolean {
    let some = false;
    for (const { room, call } of this.#readers.values()) {
      if (call.settled) continue;
      if (room === "none") return false;
      some ||= room === "some";
    }
    return some || this.#readers.size === 0;
  }

  #give(reader: Reader, step: unknown): void {
    const room = reader.sink.push(copyShared(step, step));
    if (!room) return;
    reader.room = "none";
    reader.timer = this.#clock.setTimeout(() => this.#changed(reader, "late"), lateAfterMs);
    void room.then(() => {
      this.#clock.clearTimeout(reader.timer);
      this.#changed(reader, "some");
    });
  }

  #changed(reader: Reader, room: Reader["room"]): void {
    reader.room = room;
    if (reader.call.settled) this.#readers.delete(reader.call);
    if (this.#ready) this.#goOn();
  }
}
