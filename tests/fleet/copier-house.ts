import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type NatsOptions, nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { type NatsUser, natsServer, silentLogger, tcpProxy } from "@reeve/testing";
import { expect, onTestFinished, vi } from "vitest";
import { ada, copiers } from "./copier.ts";

const program = fileURLToPath(new URL("./copier.fixture.ts", import.meta.url));

/** A process of the test's that copies, or has something copied. */
export class CopierProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(role: "serve" | "call", link: NatsOptions, ...args: readonly string[]) {
    const command = ["--conditions=reeve-source", program, role, JSON.stringify(link), ...args];
    this.#child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
    this.#exit = once(this.#child, "exit");
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.lines.push(line));
    onTestFinished(() => this.kill());
  }

  async said(line: string): Promise<void> {
    await vi.waitFor(() => expect(this.lines).toContain(line), { timeout: 60_000 });
  }

  /** What all its copies do next, without a broker: so many steps, or "done". */
  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  get exited(): Promise<unknown> {
    return this.#exit;
  }
}

/** Reads in the background: each step, how many were missing just before it, and what it ended with. */
export function read(copying: AsyncIterable<number> & { readonly missed: number }) {
  const steps: number[] = [];
  const missed: number[] = [];
  const ended = (async () => {
    for await (const step of copying) {
      steps.push(step);
      missed.push(copying.missed);
    }
  })().then(
    () => undefined,
    (error: unknown) => error,
  );
  return { steps, missed, ended };
}

export interface CopierHouseOptions {
  /** Default: everybody may everything. */
  readonly users?: readonly NatsUser[];
}

/** A broker, a process that copies, and somebody who has that done; each has a proxy of its own before the broker. */
export async function openCopiers({ users }: CopierHouseOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), "reeve-copier-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const broker = await natsServer(users && { users });
  onTestFinished(() => broker.close());
  const proxied = async () => {
    const proxy = await tcpProxy(broker.port);
    onTestFinished(() => proxy.close());
    return proxy;
  };
  const [proxy, callerProxy] = [await proxied(), await proxied()];
  const link = (port: number, name: string): NatsOptions => ({
    servers: `nats://127.0.0.1:${port}`,
    ...(users ? { user: name, password: "secret" } : { caller: name }),
  });
  const caller = async (port: number, name: string) => {
    const connection = await connect({ transport: nats(link(port, name)), log: silentLogger });
    onTestFinished(() => connection.close());
    return connection.as(ada).ref(copiers);
  };
  const serve = async (life: string, backend?: string) => {
    const store = join(directory, backend ?? "store");
    const process = new CopierProcess(
      "serve",
      link(proxy.port, "block-01"),
      "block-01",
      store,
      life,
      ...[backend ?? []].flat(),
    );
    await process.said("ready");
    return process;
  };
  const copier = await caller(callerProxy.port, "web-1");
  return { broker, proxy, callerProxy, link, serve, copier, caller };
}
