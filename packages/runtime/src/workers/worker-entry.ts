import { describeFailure } from "./worker-failure.ts";

/** What runs in each thread: loads the task's file, once, and calls its default export. */
export default async function runTask({ file, input }: { file: string; input: unknown }): Promise<unknown> {
  try {
    const { default: task } = (await import(file)) as { default?: unknown };
    if (typeof task !== "function") throw new TypeError(`its default export is ${typeof task}, not a function`);
    return await task(input);
  } catch (error) {
    throw describeFailure(error);
  }
}
