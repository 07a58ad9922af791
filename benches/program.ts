import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** A program of a bench in a process of its own, as it would run in production: asked, it answers, one question after the other. */
export interface Program<Question, Answer> extends AsyncDisposable {
  ask(question: Question): Promise<Answer>;
}

/**
 * Resolves when the program has said that it is ready.
 *
 * @param options for its node: a profiler, say
 * @throws Error when the process ends instead
 */
export async function startProgram<Question, Answer>(
  path: URL,
  args: readonly string[],
  options: readonly string[] = [],
): Promise<Program<Question, Answer>> {
  const child = fork(path, args, {
    execArgv: ["--conditions=reeve-source", ...options],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const name = args.join(" ");
  await next(child, name);
  return {
    async ask(question) {
      child.send(question as object);
      return (await next(child, name)) as Answer;
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

async function next(child: ChildProcess, name: string): Promise<unknown> {
  const controller = new AbortController();
  const ended = once(child, "exit", { signal: controller.signal }).then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  try {
    const [message] = (await Promise.race([once(child, "message", { signal: controller.signal }), ended])) as [unknown];
    return message;
  } finally {
    ended.catch(() => {});
    controller.abort();
  }
}
