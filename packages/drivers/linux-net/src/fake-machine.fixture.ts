import type { Ended, Machine, RunOptions } from "./host/machine.ts";

export interface Run {
  readonly program: string;
  readonly args: readonly string[];
  readonly lines: readonly string[];
  readonly signal: AbortSignal;
}

export const ended = (part: Partial<Ended> = {}): Ended => ({ status: 0, stdout: "", stderr: "", ...part });

/** A machine whose programs are a function; it keeps what was run. */
export class FakeMachine implements Machine {
  readonly runs: Run[] = [];
  readonly writes: string[] = [];
  readonly #answer: (run: Run) => Promise<Ended> | Ended;

  constructor(answer: (run: Run) => Promise<Ended> | Ended = () => ended()) {
    this.#answer = answer;
  }

  async run(program: string, args: readonly string[], { input = "", signal }: RunOptions): Promise<Ended> {
    const run = { program, args, lines: input.split("\n").filter(Boolean), signal };
    this.runs.push(run);
    return this.#answer(run);
  }

  async write(path: string): Promise<void> {
    this.writes.push(path);
  }

  async incarnation(): Promise<string> {
    return "boot/1";
  }
}

export const never: AbortSignal = new AbortController().signal;
