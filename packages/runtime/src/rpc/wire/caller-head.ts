import { maxAcknowledged } from "./limits.ts";

/** What the caller says with each message, beside when it leaves. */
export interface CallerHead {
  /** Of the called incarnation, encoded by {@link encodeIncarnation}. */
  readonly incarnation: Uint8Array;
  /** No call with a lower number will be sent, or sent again. */
  readonly floor: number;
  /** First and last of each range of settled numbers that are not below the floor. */
  readonly acknowledged: readonly number[];
}

/** `nil` for one that is not known: its calls are never sent again. */
export function encodeIncarnation(incarnation: string | undefined): Uint8Array {
  if (incarnation === undefined) return Uint8Array.of(0xc0);
  const text = Buffer.from(incarnation);
  const header = text.length < 32 ? [0xa0 | text.length] : [0xd9, text.length];
  return Buffer.concat([Uint8Array.from(header), text]);
}

const longestNumber = 9;
/** Two array headers, the longer of them that of 32 elements; sentAt, floor and acknowledged numbers. */
const fixedBytes = 1 + 3 + longestNumber * (2 + 2 * maxAcknowledged);

/** The longest head that names this incarnation. @param ranges acknowledged, at most */
export function headBytes(incarnation: Uint8Array, ranges = maxAcknowledged): number {
  return fixedBytes - longestNumber * 2 * (maxAcknowledged - ranges) + incarnation.length;
}

/** Writes heads of callers; it is not made of values first, because every message has another one. */
export class CallerHeadWriter {
  readonly #bytes = Buffer.allocUnsafe(1_024);
  #at = 0;

  /** The head of a message that leaves at this time. Valid until the next one is written. */
  write(sentAt: number, { incarnation, floor, acknowledged }: CallerHead): Uint8Array {
    const bytes = this.#bytes;
    bytes[0] = 0x94;
    bytes[1] = 0xcb;
    bytes.writeDoubleBE(sentAt, 2);
    bytes.set(incarnation, 10);
    this.#at = 10 + incarnation.length;
    this.#number(floor);
    const { length } = acknowledged;
    if (length > 2 * maxAcknowledged) throw new RangeError(`acknowledged: expected 0 to 32 numbers, got ${length}`);
    if (length < 16) {
      bytes[this.#at++] = 0x90 | length;
    } else {
      bytes[this.#at++] = 0xdc;
      this.#at = bytes.writeUInt16BE(length, this.#at);
    }
    for (let index = 0; index < length; index++) this.#number(acknowledged[index]!);
    return bytes.subarray(0, this.#at);
  }

  #number(value: number): void {
    const bytes = this.#bytes;
    if (value < 0x80) {
      bytes[this.#at++] = value;
    } else if (value <= 0xffff) {
      bytes[this.#at] = 0xcd;
      this.#at = bytes.writeUInt16BE(value, this.#at + 1);
    } else if (value <= 0xffff_ffff) {
      bytes[this.#at] = 0xce;
      this.#at = bytes.writeUInt32BE(value, this.#at + 1);
    } else {
      bytes[this.#at] = 0xcf;
      this.#at = bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#at + 1);
      this.#at = bytes.writeUInt32BE(value % 0x1_0000_0000, this.#at);
    }
  }
}
