import { type ReeveError, reeveError } from "@reeve/contract";
// This entry never loads the native reader.
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from "msgpackr/pack";
import { maxDepth } from "./limits.ts";
import { PlainReader, unread } from "./plain-reader.ts";
import { notWritten, PlainWriter } from "./plain-writer.ts";
import { scan } from "./scan.ts";

const options = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  structuredClone: false,
  moreTypes: false,
  bundleStrings: false,
  int64AsType: "number",
  copyBuffers: true,
  encodeUndefinedAsNil: true,
  // A property that is undefined is left out, as JSON has it: most schemas take "absent" and not null.
  skipValues: [undefined],
} as const;

/** The encoder keeps its buffer; one that a single large value needed is given back. */
const keptBytes = 1_048_576;
const freshBytes = 16_384;

/** What {@link Msgpack.pack} has written: valid until the next. */
export interface Packed {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Values in it, as the limit counts them. */
  readonly values: number;
}

interface PackedBuffer extends Buffer {
  readonly start: number;
  readonly end: number;
}

/** Values to bytes and back, within the limits of `docs/wire.md`. */
export class Msgpack {
  /** Both know what nearly every payload is made of, and leave the rest to the library. */
  readonly #writer = new PlainWriter();
  readonly #reader = new PlainReader();
  readonly #packr = new Packr(options as ConstructorParameters<typeof Packr>[0]) as Packr & {
    useBuffer(buffer: Buffer): void;
  };

  /** Returns why it cannot travel where it cannot: it is too deep or too large, refers to itself, or holds what msgpack has not. */
  pack(value: unknown): Packed | string {
    const length = this.#writer.write(value);
    if (length !== notWritten) return { bytes: this.#writer.bytes, start: 0, end: length, values: this.#writer.values };
    let bytes: PackedBuffer;
    try {
      bytes = this.#packr.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as PackedBuffer;
    } catch (cause) {
      return cause instanceof RangeError && cause.message.includes("call stack")
        ? "it is nested too deep, or refers to itself"
        : String(cause instanceof Error ? cause.message : cause).slice(0, 200);
    }
    const { start, end } = bytes;
    if (bytes.length > keptBytes) this.#packr.useBuffer(Buffer.allocUnsafeSlow(freshBytes));
    // The message is an array round it: one level is taken.
    const values = scan(bytes, start, end, maxDepth - 1);
    return typeof values === "string" ? values : { bytes, start, end, values };
  }

  /** @throws ReeveError `MALFORMED_FRAME`, which quotes nothing of the bytes */
  unpack(data: Uint8Array, start: number): unknown {
    const problem = scan(data, start, data.length);
    if (typeof problem === "string") throw malformed(problem);
    const value = this.#reader.read(bufferOf(data), start);
    if (value !== unread) return value;
    try {
      return this.#packr.unpack(data, { start, end: data.length });
    } catch {
      // The decoder's own message may hold the payload.
      throw malformed("the decoder refused it");
    }
  }
}

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length);
}

export function malformed(problem: string): ReeveError {
  return reeveError("MALFORMED_FRAME", `the message is no envelope: ${problem}; see docs/wire.md`);
}
