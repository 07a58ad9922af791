import { threadId } from "node:worker_threads";

/** Adds, and tells in which thread. */
export default function add({ a, b }: { a: number; b: number }): { sum: number; thread: number } {
  return { sum: a + b, thread: threadId };
}
