import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** One of the processes of the simulation, which answers one question at a time. */
export class Child<Question, Answer> {
  readonly #child: ChildProcess;

  constructor(script: "scheduler" | "fleet", args: readonly string[]) {
    this.#child = fork(new URL(`./${script}.ts`, import.meta.url), [...args], {
      env: { ...process.env, NODE_ENV: "production" },
      execArgv: ["--conditions=reeve-source", "--expose-gc", "--max-old-space-size=8192"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  /** Resolves when it has said that it is ready. */
  async ready(): Promise<this> {
    await this.#next();
    return this;
  }

  /** @throws Error when it ends instead */
  ask(question: Question): Promise<Answer> {
    this.#child.send(question as object);
    return this.#next() as Promise<Answer>;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }

  abandon(): void {
    this.#child.kill("SIGKILL");
  }

  async #next(): Promise<unknown> {
    const ended = new AbortController();
    const said = once(this.#child, "message", { signal: ended.signal }).then(([message]) => message as unknown);
    const exit = once(this.#child, "exit", { signal: ended.signal }).then(([code, signal]) => {
      throw new Error(`a process of the simulation ended: ${code ?? signal}`);
    });
    try {
      return await Promise.race([said, exit]);
    } finally {
      ended.abort();
      await Promise.allSettled([said, exit]);
    }
  }
}

/** In the child: says that it is ready, answers, and ends with its parent. */
export function answering<Question, Answer>(
  answer: (question: Question) => Promise<Answer> | Answer,
  end: () => Promise<void>,
): void {
  process.on("message", async (question) => process.send!((await answer(question as Question)) as object));
  process.once("disconnect", () => void end().finally(() => process.exit(0)));
  process.send!({ ready: true });
}
