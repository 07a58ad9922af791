import { readFileSync } from "node:fs";

/** What the shim wrote down (its format: shim.c), in the order in which it happened. `file` is an inode. */
export type Record =
  | { readonly kind: "process" }
  | { readonly kind: "named"; readonly file: bigint; readonly name: string }
  | { readonly kind: "removed"; readonly name: string }
  | { readonly kind: "renamed"; readonly from: string; readonly to: string }
  | { readonly kind: "written"; readonly file: bigint; readonly at: number; readonly data: Buffer }
  | { readonly kind: "resized"; readonly file: bigint; readonly size: number }
  | { readonly kind: "sync"; readonly file: bigint; readonly sequence: number }
  | {
      readonly kind: "synced";
      readonly file: bigint;
      readonly begun: number;
      readonly outcome: "done" | "failed" | "lied";
    }
  | { readonly kind: "mark"; readonly text: string };

const headerBytes = 40;

/** @throws Error when a record is cut short or missing: it would explain nothing */
export function readLog(path: string): readonly Record[] {
  const log = readFileSync(path);
  const records: Record[] = [];
  let expected = 0;
  for (let at = 0; at < log.length; ) {
    const size = log.readUInt32LE(at);
    const kind = String.fromCharCode(log.readUInt32LE(at + 4));
    const sequence = Number(log.readBigUInt64LE(at + 8));
    if (kind === "P") expected = 0;
    if (sequence !== expected++ || at + headerBytes + size > log.length)
      throw new Error(`${path}: broken at byte ${at}`);
    const [file, offset, result] = [
      log.readBigUInt64LE(at + 16),
      Number(log.readBigInt64LE(at + 24)),
      log.readBigInt64LE(at + 32),
    ];
    const payload = log.subarray(at + headerBytes, at + headerBytes + size);
    records.push(record(kind, { file, offset, sequence, result: Number(result), payload }));
    at += headerBytes + size;
  }
  return records;
}

interface Fields {
  readonly file: bigint;
  readonly offset: number;
  readonly sequence: number;
  readonly result: number;
  readonly payload: Buffer;
}

function record(kind: string, { file, offset, sequence, result, payload }: Fields): Record {
  switch (kind) {
    case "P":
      return { kind: "process" };
    case "N":
      return { kind: "named", file, name: payload.toString() };
    case "D":
      return { kind: "removed", name: payload.toString() };
    case "R": {
      const [from = "", to = ""] = payload.toString().split("\0");
      return { kind: "renamed", from, to };
    }
    case "W":
      return { kind: "written", file, at: offset, data: payload };
    case "T":
      return { kind: "resized", file, size: offset };
    case "B":
      return { kind: "sync", file, sequence };
    case "E":
      return { kind: "synced", file, begun: offset, outcome: result === 0 ? "done" : "failed" };
    case "M":
      return { kind: "mark", text: payload.toString() };
    default:
      throw new Error(`a record of kind ${JSON.stringify(kind)}: expected one of P N D R W T B E M`);
  }
}
