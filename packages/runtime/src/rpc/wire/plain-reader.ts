/** Names of properties that are remembered: a power of two. */
const cachedKeys = 512;

interface KnownKey {
  readonly length: number;
  /** With its header. */
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** It holds a timestamp. */
export const unread = Symbol("unread");

/**
 * Reads bytes that `scan` has passed, and nothing else: it looks neither for their end nor for how deep they go. Timestamps it
 * leaves to the library.
 */
export class PlainReader {
  #bytes!: Buffer;
  #at = 0;
  #unread = false;
  readonly #keys: (KnownKey | undefined)[] = new Array(cachedKeys).fill(undefined);

  /** The one value in these bytes, or {@link unread}. */
  read(bytes: Buffer, start: number): unknown {
    this.#bytes = bytes;
    this.#at = start;
    this.#unread = false;
    const value = this.#value();
    return this.#unread ? unread : value;
  }

  #value(): unknown {
    const bytes = this.#bytes;
    const byte = bytes[this.#at++]!;
    if (byte < 0x80) return byte;
    if (byte < 0x90) return this.#map(byte & 0x0f);
    if (byte < 0xa0) return this.#array(byte & 0x0f);
    if (byte < 0xc0) return this.#text(byte & 0x1f);
    if (byte >= 0xe0) return byte - 0x100;
    const at = this.#at;
    switch (byte) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xcc:
        this.#at = at + 1;
        return bytes[at]!;
      case 0xcd:
        this.#at = at + 2;
        return (bytes[at]! << 8) | bytes[at + 1]!;
      case 0xce:
        return this.#uint32();
      case 0xcb:
        this.#at = at + 8;
        return bytes.readDoubleBE(at);
      case 0xd0:
        this.#at = at + 1;
        return (bytes[at]! << 24) >> 24;
      case 0xd1:
        this.#at = at + 2;
        return bytes.readInt16BE(at);
      case 0xd2:
        this.#at = at + 4;
        return bytes.readInt32BE(at);
      case 0xd9:
        this.#at = at + 1;
        return this.#text(bytes[at]!);
      case 0xda:
        return this.#text(this.#uint16());
      case 0xdb:
        return this.#text(this.#uint32());
      case 0xdc:
        return this.#array(this.#uint16());
      case 0xdd:
        return this.#array(this.#uint32());
      case 0xde:
        return this.#map(this.#uint16());
      case 0xdf:
        return this.#map(this.#uint32());
      default:
        return this.#rare(byte);
    }
  }

  #rare(byte: number): unknown {
    const bytes = this.#bytes;
    const at = this.#at;
    switch (byte) {
      case 0xc4:
        this.#at = at + 1;
        return this.#binary(bytes[at]!);
      case 0xc5:
        return this.#binary(this.#uint16());
      case 0xc6:
        return this.#binary(this.#uint32());
      case 0xca:
        this.#at = at + 4;
        return bytes.readFloatBE(at);
      case 0xcf:
        this.#at = at + 8;
        return Number(bytes.readBigUInt64BE(at));
      case 0xd3:
        this.#at = at + 8;
        return Number(bytes.readBigInt64BE(at));
      default:
        this.#unread = true;
        return undefined;
    }
  }

  #uint16(): number {
    const at = this.#at;
    this.#at = at + 2;
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  #uint32(): number {
    const at = this.#at;
    this.#at = at + 4;
    const bytes = this.#bytes;
    return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
  }

  #array(length: number): unknown[] {
    // As long as it will be: the bytes are there, or `scan` had refused it.
    const array: unknown[] = new Array(length);
    for (let index = 0; index < length && !this.#unread; index++) array[index] = this.#value();
    return array;
  }

  #map(entries: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let entry = 0; entry < entries && !this.#unread; entry++) {
      const key = this.#key();
      map[key] = this.#value();
    }
    return map;
  }

  #text(size: number): string {
    const at = this.#at;
    this.#at = at + size;
    return this.#bytes.toString("utf8", at, at + size);
  }

  /** The same few come again and again: reading one anew would have the engine look for a property of that name. */
  #key(): string {
    const bytes = this.#bytes;
    const at = this.#at;
    const size = bytes[at]! - 0xa0;
    if (size <= 0 || size > 31) return this.#value() as string;
    const slot = (size * 37 + bytes[at + 1]! * 5 + bytes[at + size]!) & (cachedKeys - 1);
    const known = this.#keys[slot];
    if (known?.length === size + 1 && isAt(known.bytes, bytes, at)) {
      this.#at = at + size + 1;
      return known.text;
    }
    const text = this.#value() as string;
    this.#keys[slot] = { length: size + 1, bytes: Uint8Array.prototype.slice.call(bytes, at, at + size + 1), text };
    return text;
  }

  /** Of its own: the message's bytes are somebody else's afterwards. */
  #binary(size: number): Uint8Array {
    const at = this.#at;
    this.#at = at + size;
    return Uint8Array.prototype.slice.call(this.#bytes, at, at + size);
  }
}

function isAt(known: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 1; index < known.length; index++) if (known[index] !== bytes[at + index]) return false;
  return true;
}
