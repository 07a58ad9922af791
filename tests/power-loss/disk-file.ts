import type { Random } from "@reeve/runtime/transport";
import { type Survival, sectorBytes } from "./survival.ts";

type Change =
  | { readonly position: number; readonly at: number; readonly data: Buffer }
  | { readonly position: number; readonly size: number };

/** A file: what processes read of it, what it holds for certain, and the changes since, in order. */
export class DiskFile {
  readonly #read = new Content();
  readonly #durable = new Content();
  #pending: Change[] = [];

  write(position: number, at: number, data: Buffer): void {
    this.#change({ position, at, data });
  }

  resize(position: number, size: number): void {
    this.#change({ position, size });
  }

  /** What processes read now. A sync that fails changes nothing of that: the kernel keeps what was written until it needs the space. */
  content(): Buffer {
    return this.#read.copy().bytes();
  }

  /** A sync has ended that had begun at this position of the log. */
  makeDurable(upTo: number): void {
    for (const change of this.#take(upTo)) this.#durable.change(change);
  }

  /** It failed: what of it is not on the disk will not be by another sync either. */
  loseSome(upTo: number, random: Random): void {
    const keepsSector = () => random() < 0.5;
    for (const change of this.#take(upTo)) this.#durable.change(change, { keepsSector, fill: () => 0 });
  }

  image(survival: Survival): Buffer {
    const content = this.#durable.copy();
    for (const change of this.#pending) if (survival.keeps(change.position)) content.change(change, survival);
    return content.bytes();
  }

  #change(change: Change): void {
    this.#read.change(change);
    this.#pending.push(change);
  }

  #take(upTo: number): readonly Change[] {
    const covered = this.#pending.filter(({ position }) => position <= upTo);
    this.#pending = this.#pending.slice(covered.length);
    return covered;
  }
}

/** Bytes that grow as they are written. */
class Content {
  #buffer: Buffer;
  #size: number;

  constructor(buffer: Buffer = Buffer.alloc(0), size = 0) {
    this.#buffer = buffer;
    this.#size = size;
  }

  copy(): Content {
    return new Content(Buffer.from(this.#buffer.subarray(0, this.#size)), this.#size);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  change(change: Change, survival?: Pick<Survival, "keepsSector" | "fill">): void {
    if ("size" in change) return this.#resize(change.size, survival);
    const { at, data } = change;
    for (let from = 0; from < data.length; ) {
      // Sectors are those of the file, so a write may begin and end within one.
      const to = Math.min(data.length, from + sectorBytes - ((at + from) % sectorBytes));
      if (!survival || survival.keepsSector()) this.#put(at + from, data.subarray(from, to), survival);
      from = to;
    }
  }

  #put(at: number, data: Buffer, survival?: Pick<Survival, "fill">): void {
    if (at + data.length > this.#size) this.#resize(at + data.length, survival, at);
    data.copy(this.#buffer, at);
  }

  #resize(size: number, survival?: Pick<Survival, "fill">, filledFrom = size): void {
    const before = this.#size;
    if (size > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(size, this.#buffer.length * 2));
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    this.#size = size;
    if (size < before) this.#buffer.fill(0, size, before);
    // A gap below a write is a lost write's; what a call grew the file by holds zeros.
    else
      for (let index = before; survival && index < filledFrom && filledFrom < size; index++)
        this.#buffer[index] = survival.fill();
  }
}
