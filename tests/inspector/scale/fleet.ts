import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { natsServer } from "@reeve/testing";

/** What the parent asks of a process with hosts. */
export interface HostsQuestion {
  /** Calls a second that its managers make from now on. */
  readonly perSecond?: number;
  /** It makes none from now on, and answers when those that it has made have ended. */
  readonly atRest?: true;
  /** How many further calls each of its hosts begins that never end. */
  readonly hold?: number;
  /** They log each piece of work from now on. */
  readonly log?: true;
}

/** Counts and shares are since the last answer. */
export interface HostsAnswer {
  /** Of its first host, where it has one. */
  readonly inspectorUrl: string | undefined;
  readonly settled: number;
  readonly failed: number;
  /** Processor time, in cores. */
  readonly cores: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

export interface FleetOptions {
  readonly processes: number;
  readonly hostsEach: number;
  readonly managersEach: number;
  readonly token: string;
}

/** Real hosts with real managers over a real broker, in several processes; the first host serves an inspector. */
export class ScaleFleet implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];
  readonly #close: () => Promise<void>;

  private constructor(children: readonly ChildProcess[], close: () => Promise<void>) {
    this.#children = children;
    this.#close = close;
  }

  /** Resolves once every manager serves. */
  static async start({ processes, hostsEach, managersEach, token }: FleetOptions): Promise<ScaleFleet> {
    const broker = await natsServer();
    const children = Array.from({ length: processes }, (_, index) =>
      fork(
        new URL("./hosts.fixture.ts", import.meta.url),
        [
          ...["--servers", broker.url, "--hosts", String(hostsEach), "--first", String(index * hostsEach)],
          ...["--of", String(processes * hostsEach), "--managers", String(managersEach)],
          ...(index === 0 ? ["--token", token] : []),
        ],
        {
          execArgv: ["--conditions=reeve-source", "--expose-gc"],
          env: { ...process.env, NODE_ENV: "production" },
        },
      ),
    );
    const fleet = new ScaleFleet(children, () => broker.stop());
    try {
      await Promise.all(children.map(said));
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  /** By process. */
  ask(question: HostsQuestion = {}): Promise<readonly HostsAnswer[]> {
    return Promise.all(
      this.#children.map(async (child) => {
        const answer = said(child);
        child.send(question);
        return (await answer) as HostsAnswer;
      }),
    );
  }

  /** Calls a second that all of them make together. */
  async makeCalls(perSecond: number): Promise<void> {
    await this.ask({ perSecond: perSecond / this.#children.length });
  }

  async inspectorUrl(): Promise<string> {
    const [first] = await this.ask();
    return first!.inspectorUrl!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, "exit");
        child.disconnect();
        await gone;
      }),
    );
    await this.#close();
  }
}

/** @throws Error when it ends instead */
async function said(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`a process with hosts ended with ${code}`);
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, "message", { signal }), ended])) as [unknown];
    return message;
  } finally {
    over.abort();
  }
}
