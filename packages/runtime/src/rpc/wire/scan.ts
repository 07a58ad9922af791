import { entryWeight, maxDepth, maxElements } from "./limits.ts";

const protoKey = Buffer.from("__proto__");
const timestamp = 0xff;

/** Per open array or map, what is left to read in it: doubled, and odd for a map. One scan is over before the next begins. */
const open = new Int32Array(maxDepth);

/**
 * Looks over msgpack bytes without making anything of them, and says what keeps them from being decoded: a decoder given
 * hostile bytes compiles readers, follows pointers, builds numbers of a million digits or overflows the stack. What
 * passes is one value of bounded depth and size, whose map keys are text and whose only extension is the timestamp.
 * Returns how many values are in it, or what is wrong.
 */
export function scan(data: Uint8Array, start: number, end: number, depth = maxDepth): number | string {
  let opened = 0;
  let left = 1;
  let map = false;
  let elements = 0;
  let at = start;
  for (;;) {
    while (left === 0) {
      if (opened === 0) return at === end ? elements : "bytes follow its end";
      const outer = open[--opened]!;
      left = outer >>> 1;
      map = (outer & 1) === 1;
    }
    const key = map && (left & 1) === 0;
    left--;
    if (at >= end) return truncated;
    const byte = data[at++]!;
    let size = -1;
    let children = -1;
    if (byte < 0x80 || byte >= 0xe0) {
      if (key) return keyless;
      continue;
    }
    if (byte < 0x90) children = (byte & 0x0f) * 2;
    else if (byte < 0xa0) children = byte & 0x0f;
    else if (byte < 0xc0) size = byte & 0x1f;
    else {
      switch (byte) {
        case 0xc0:
        case 0xc2:
        case 0xc3:
          size = 0;
          break;
        case 0xcc:
        case 0xd0:
          size = 1;
          break;
        case 0xcd:
        case 0xd1:
          size = 2;
          break;
        case 0xca:
        case 0xce:
        case 0xd2:
          size = 4;
          break;
        case 0xcb:
        case 0xcf:
        case 0xd3:
          size = 8;
          break;
        case 0xc4:
        case 0xd9:
          size = lengthAt(data, at, end, 1);
          at += 1;
          break;
        case 0xc5:
        case 0xda:
          size = lengthAt(data, at, end, 2);
          at += 2;
          break;
        case 0xc6:
        case 0xdb:
          size = lengthAt(data, at, end, 4);
          at += 4;
          break;
        case 0xd6:
        case 0xd7:
          if (data[at] !== timestamp) return extension;
          size = byte === 0xd6 ? 5 : 9;
          break;
        case 0xc7:
          if (data[at] !== 12 || data[at + 1] !== timestamp) return extension;
          size = 14;
          break;
        case 0xdc:
          children = lengthAt(data, at, end, 2);
          at += 2;
          break;
        case 0xdd:
          children = lengthAt(data, at, end, 4);
          at += 4;
          break;
        case 0xde:
          children = lengthAt(data, at, end, 2) * 2;
          at += 2;
          break;
        case 0xdf:
          children = lengthAt(data, at, end, 4) * 2;
          at += 4;
          break;
        default:
          return byte === 0xc1 ? "0xc1 is no msgpack" : extension;
      }
    }
    if (children < 0) {
      // Of the two kinds of key, only text becomes a property name without a conversion that may take seconds.
      if (key && !isText(byte)) return keyless;
      if (size > end - at) return truncated;
      if (key && size === protoKey.length && isProtoKey(data, at)) return 'a map has the key "__proto__"';
      at += size;
      continue;
    }
    if (key) return keyless;
    // An element takes a byte at least: a length that the rest cannot hold is refused before anybody allocates for it.
    if (children > end - at) return truncated;
    const isMap = byte < 0x90 || byte >= 0xde;
    elements += isMap ? (children / 2) * entryWeight : children;
    if (elements > maxElements) return `more than ${maxElements} values`;
    if (opened >= depth) return `nested more than ${maxDepth} deep`;
    open[opened++] = (left << 1) | (map ? 1 : 0);
    left = children;
    map = isMap;
  }
}

const truncated = "it ends too early";
const keyless = "a map key is not text";
const extension = "an extension other than the timestamp";

/** Infinity past the end: whatever is compared with it is too long. */
function lengthAt(data: Uint8Array, at: number, end: number, bytes: 1 | 2 | 4): number {
  if (at + bytes > end) return Number.POSITIVE_INFINITY;
  if (bytes === 1) return data[at]!;
  const short = (data[at]! << 8) | data[at + 1]!;
  return bytes === 2 ? short : short * 0x10000 + ((data[at + 2]! << 8) | data[at + 3]!);
}

function isText(byte: number): boolean {
  return (byte >= 0xa0 && byte < 0xc0) || (byte >= 0xd9 && byte <= 0xdb);
}

function isProtoKey(data: Uint8Array, at: number): boolean {
  for (let i = 0; i < protoKey.length; i++) if (data[at + i] !== protoKey[i]) return false;
  return true;
}
