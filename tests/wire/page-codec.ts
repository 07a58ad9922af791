/** As much MessagePack as docs/wire.md needs, and nothing of Reeve's: what somebody in another language would have. */
export function encode(value: unknown): Buffer {
  if (value === null || value === undefined) return Buffer.of(0xc0);
  if (typeof value === "boolean") return Buffer.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value === "string") {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.of(0xda, bytes.length >> 8, bytes.length & 0xff), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([header(0xdc, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([
    header(0xde, entries.length),
    ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)]),
  ]);
}

export function decode(bytes: Buffer): any {
  let at = 0;
  const take = (size: number) => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  const many = (count: number) => Array.from({ length: count }, () => value());
  const map = (count: number) => Object.fromEntries(Array.from({ length: count }, () => [value(), value()]));
  function value(): any {
    const byte = take(1)[0]!;
    if (byte < 0x80) return byte;
    if (byte < 0x90) return map(byte & 15);
    if (byte < 0xa0) return many(byte & 15);
    if (byte < 0xc0) return take(byte & 31).toString();
    if (byte >= 0xe0) return byte - 256;
    switch (byte) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return byte === 0xc3;
      case 0xca:
        return take(4).readFloatBE();
      case 0xcb:
        return take(8).readDoubleBE();
      case 0xcc:
        return take(1)[0];
      case 0xcd:
        return take(2).readUInt16BE();
      case 0xce:
        return take(4).readUInt32BE();
      case 0xd9:
        return take(take(1)[0]!).toString();
      case 0xda:
        return take(take(2).readUInt16BE()).toString();
      case 0xdc:
        return many(take(2).readUInt16BE());
      case 0xde:
        return map(take(2).readUInt16BE());
      default:
        throw new Error(`byte ${byte.toString(16)} is not in this codec`);
    }
  }
  return value();
}

function encodeNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= 0 && value < 0x80) return Buffer.of(value);
  const float = Buffer.alloc(9, 0xcb);
  float.writeDoubleBE(value, 1);
  return float;
}

function header(byte: number, length: number): Buffer {
  return Buffer.of(byte, length >> 8, length & 0xff);
}
