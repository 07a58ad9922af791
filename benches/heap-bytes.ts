import { setTimeout } from "node:timers/promises";

/** What is held after a collection, and what it finalises, has had its turn. */
export async function heapBytes(): Promise<number> {
  if (!gc) throw new Error("run it with --expose-gc");
  for (let turn = 0; turn < 3; turn++) {
    gc();
    await setTimeout(10);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
