import { entryWeight, maxElements } from "./limits.ts";

/** Deeper is rare, and for the encoder that knows everything to judge. */
const mostLevels = 32;
/** Shorter text is written here, longer by the engine. */
const shortText = 48;

/** Most of what is larger is one long text, which the library encodes as fast. */
const mostBytes = 16_384;

/** There is room for a header and a number where a step begins. */
const lastStep = mostBytes - 10;

/** A value that is not plain, or too large. */
export const notWritten = -1;

/**
 * Writes what payloads are made of (text, numbers, booleans, null, arrays and plain objects) as msgpack, with the same bytes as
 * the library. It knows what it has written, so that nobody has to scan that, and leaves everything else alone.
 */
export class PlainWriter {
  /** What was written last begins here. */
  readonly bytes = Buffer.allocUnsafeSlow(mostBytes);
  /** In what was written last, as the limit counts them. */
  values = 0;
  #busy = false;

  /** Returns how many bytes it takes, or {@link notWritten}. */
  write(value: unknown): number {
    // A getter of what is written may have something else written.
    if (this.#busy) return notWritten;
    this.#busy = true;
    this.values = 0;
    try {
      const end = this.#value(value, 0, 0);
      return this.values > maxElements ? notWritten : end;
    } catch {
      // The library says what is wrong with it.
      return notWritten;
    } finally {
      this.#busy = false;
    }
  }

  #value(value: unknown, at: number, level: number): number {
    if (at > lastStep) return notWritten;
    switch (typeof value) {
      case "string":
        return this.#text(value, at);
      case "number":
        return this.#number(value, at);
      case "object":
        if (value === null) return this.#byte(0xc0, at);
        if (level === mostLevels) return notWritten;
        if (value.constructor === Object) return this.#map(value as Record<string, unknown>, at, level + 1);
        return value.constructor === Array ? this.#array(value as unknown[], at, level + 1) : notWritten;
      case "boolean":
        return this.#byte(value ? 0xc3 : 0xc2, at);
      case "undefined":
        return this.#byte(0xc0, at);
      default:
        return notWritten;
    }
  }

  #byte(byte: number, at: number): number {
    this.bytes[at] = byte;
    return at + 1;
  }

  #array(array: readonly unknown[], start: number, level: number): number {
    const { length } = array;
    if (length > 0xffff) return notWritten;
    this.values += length;
    let at = start;
    if (length < 16) this.bytes[at++] = 0x90 | length;
    else {
      this.bytes[at++] = 0xdc;
      this.bytes[at++] = length >> 8;
      this.bytes[at++] = length & 0xff;
    }
    for (let index = 0; index < length; index++) {
      at = this.#value(array[index], at, level);
      if (at === notWritten) return notWritten;
    }
    return at;
  }

  #map(map: Readonly<Record<string, unknown>>, start: number, level: number): number {
    if (map.toJSON !== undefined) return notWritten;
    let at = start + 1;
    let entries = 0;
    for (const key in map) {
      if (!Object.hasOwn(map, key)) continue;
      const value = map[key];
      if (value === undefined) continue;
      // The fifteenth is the last that a header of one byte can count. That key nobody may send.
      if (++entries > 15 || key === "__proto__") return notWritten;
      if (at > lastStep) return notWritten;
      at = this.#text(key, at);
      if (at === notWritten) return notWritten;
      at = this.#value(value, at, level);
      if (at === notWritten) return notWritten;
    }
    this.values += entries * entryWeight;
    this.bytes[start] = 0x80 | entries;
    return at;
  }

  #text(text: string, start: number): number {
    const { length } = text;
    // A character takes three bytes at most.
    if (start + 3 * length > lastStep) return notWritten;
    if (length >= shortText) return this.#longText(text, start);
    const bytes = this.bytes;
    let at = start + (length < 32 ? 1 : 2);
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return this.#longText(text, start);
      bytes[at++] = code;
    }
    if (length < 32) bytes[start] = 0xa0 | length;
    else {
      bytes[start] = 0xd9;
      bytes[start + 1] = length;
    }
    return at;
  }

  /** Written where it ends up if it is ASCII: how many bytes it takes is known afterwards. */
  #longText(text: string, start: number): number {
    const bytes = this.bytes;
    const { length } = text;
    const guess = length < 32 ? 1 : length < 0x100 ? 2 : 3;
    const size = bytes.write(text, start + guess, "utf8");
    if (size > 0xffff) return notWritten;
    const header = size < 32 ? 1 : size < 0x100 ? 2 : 3;
    if (header !== guess) bytes.copyWithin(start + header, start + guess, start + guess + size);
    if (header === 1) bytes[start] = 0xa0 | size;
    else if (header === 2) {
      bytes[start] = 0xd9;
      bytes[start + 1] = size;
    } else {
      bytes[start] = 0xda;
      bytes[start + 1] = size >> 8;
      bytes[start + 2] = size & 0xff;
    }
    return start + header + size;
  }

  #number(value: number, at: number): number {
    const bytes = this.bytes;
    if (value >>> 0 === value) {
      if (value < 0x80) return this.#byte(value, at);
      if (value < 0x100) {
        bytes[at] = 0xcc;
        bytes[at + 1] = value;
        return at + 2;
      }
      if (value < 0x1_0000) {
        bytes[at] = 0xcd;
        bytes[at + 1] = value >> 8;
        bytes[at + 2] = value & 0xff;
        return at + 3;
      }
      bytes[at] = 0xce;
      bytes[at + 1] = value >>> 24;
      bytes[at + 2] = value >>> 16;
      bytes[at + 3] = value >>> 8;
      bytes[at + 4] = value;
      return at + 5;
    }
    if (value >> 0 === value) {
      if (value >= -0x20) return this.#byte(value & 0xff, at);
      if (value >= -0x80) {
        bytes[at] = 0xd0;
        bytes[at + 1] = value;
        return at + 2;
      }
      if (value >= -0x8000) {
        bytes[at] = 0xd1;
        return bytes.writeInt16BE(value, at + 1);
      }
      bytes[at] = 0xd2;
      return bytes.writeInt32BE(value, at + 1);
    }
    bytes[at] = 0xcb;
    return bytes.writeDoubleBE(value, at + 1);
  }
}
