import { envelopeVersion, maxBatchBytes, maxElements, maxFrames } from "./limits.ts";
import { type Msgpack, malformed, type Packed } from "./msgpack.ts";

/** The version, and the header of an array whose length is known at the end. */
const prefixBytes = 4;
const firstBytes = 512;

/** Why a frame was not added: the message is full, or it cannot travel at all because of what it holds or how large it is. */
export type Refused = "full" | { readonly problem: string } | { readonly bytes: number };

/** Frames on their way to one subject, as the message they will be. The head is written last: a message may wait for the link. */
export class EnvelopeWriter {
  readonly #msgpack: Msgpack;
  /** Where the first frame begins. */
  readonly #room: number;
  #bytes: Buffer;
  #length: number;
  #values: number;
  /** Where each frame begins. */
  readonly #starts: number[] = [];
  readonly #maxBytes: number;

  /**
   * @param headBytes the longest that the head can be
   * @param maxBytes what the transport takes
   */
  constructor(msgpack: Msgpack, headBytes: number, maxBytes: number, sizeHint = firstBytes) {
    this.#msgpack = msgpack;
    this.#maxBytes = maxBytes;
    this.#room = prefixBytes + headBytes;
    // From the pool: memory of its own would cost as much as the rest of a small message.
    this.#bytes = Buffer.allocUnsafe(Math.max(sizeHint, this.#room));
    this.#length = this.#room;
    this.#values = headBytes;
  }

  get frames(): number {
    return this.#starts.length;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Encodes now: what becomes of the value afterwards changes nothing. Otherwise says why not: `full` when it must go into
   * the next message.
   */
  add(frame: readonly unknown[]): Refused | undefined {
    if (this.frames >= maxFrames) return "full";
    const packed = this.#msgpack.pack(frame);
    if (typeof packed === "string") return { problem: packed };
    return this.#append(packed);
  }

  /** A frame taken from another message. */
  addEncoded(bytes: Buffer): Refused | undefined {
    if (this.frames >= maxFrames) return "full";
    // What it weighs was not kept; no frame has more values than bytes.
    return this.#append({ bytes, start: 0, end: bytes.length, values: Math.min(bytes.length, maxElements) });
  }

  /** What the frame added so many-th takes. */
  frameBytes(index: number): number {
    return (this.#starts[index + 1] ?? this.#length) - this.#starts[index]!;
  }

  /** The bytes of the frame added so many-th. Valid whatever is added later. */
  frame(index: number): Buffer {
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1] ?? this.#length);
  }

  /**
   * The message; nothing can be added any more.
   *
   * @param head no longer than was said at first
   */
  finish(head: Uint8Array): Buffer {
    const start = this.#room - head.length - prefixBytes;
    this.#bytes[start] = envelopeVersion;
    this.#bytes[start + 1] = 0xdc;
    this.#bytes.writeUInt16BE(this.frames + 1, start + 2);
    this.#bytes.set(head, start + prefixBytes);
    return this.#bytes.subarray(start, this.#length);
  }

  #append({ bytes, start, end, values }: Packed): Refused | undefined {
    const size = end - start;
    if (this.frames > 0) {
      if (this.#length + size > maxBatchBytes || this.#values + values + 1 > maxElements) return "full";
    } else if (this.#length + size > this.#maxBytes) {
      return { bytes: this.#length + size };
    }
    this.#reserve(size);
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#starts.push(this.#length);
    this.#length += size;
    this.#values += values + 1;
    return undefined;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** What all frames of a message share, encoded. */
export function encodeHead(msgpack: Msgpack, head: readonly unknown[]): Buffer {
  const packed = msgpack.pack(head);
  if (typeof packed === "string") throw malformed(packed);
  return Buffer.from(packed.bytes.subarray(packed.start, packed.end));
}

export interface Envelope {
  readonly head: readonly unknown[];
  /** The head first, then the frames. */
  readonly elements: readonly (readonly unknown[])[];
}

/** @throws ReeveError `MALFORMED_FRAME` */
export function readEnvelope(msgpack: Msgpack, data: Uint8Array): Envelope {
  if (data[0] !== envelopeVersion) throw malformed(`expected version ${envelopeVersion}, got ${data[0]}`);
  const elements = msgpack.unpack(data, 1);
  if (!Array.isArray(elements) || elements.length === 0) throw malformed("expected an array that begins with a head");
  if (elements.length > maxFrames + 1) throw malformed(`more than ${maxFrames} frames`);
  for (const element of elements)
    if (!Array.isArray(element)) throw malformed("expected an array for each head and frame");
  return { head: elements[0] as unknown[], elements: elements as unknown[][] };
}
