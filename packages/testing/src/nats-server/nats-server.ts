import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GuardedProcess } from "../programs/guarded-process.ts";
import { freePort, loopback } from "../programs/loopback.ts";
import { isStopped } from "../programs/stopped.ts";
import { natsServerBinary } from "./binary.ts";
import { configText, type NatsConfig } from "./config.ts";
import { greetingOf, greets } from "./greeting.ts";

const readyTimeoutMs = 15_000;
const stopTimeoutMs = 10_000;
const pollMs = 10;
const portTries = 10;

export interface NatsServerOptions extends NatsConfig {
  /** Default: a free one. */
  readonly port?: number;
}

/** A real nats-server on loopback. It dies with this process, however this one ends. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Its configuration and JetStream's files; removed by {@link close}. */
  readonly directory: string;
  readonly running: boolean;
  /** Everything it has logged, over restarts. */
  readonly log: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL after 10 s; resolves when it is gone. */
  stop(): Promise<void>;
  /** Begins to send its clients away; resolves when it takes no new ones. It ends by itself. */
  lameDuck(): Promise<void>;
  /** SIGSTOP: alive to the network, silent to its clients. Resolves when it has stopped. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
  /** Kills it if it runs, and starts it on the same port and directory; resolves when it takes clients. */
  restart(): Promise<void>;
  /** Gives it another configuration under its clients (SIGHUP); resolves when that is in force. */
  reload(config: NatsConfig): Promise<void>;
  /** Kills it and removes its directory. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a nats-server and resolves when it takes clients.
 *
 * @throws Error when no binary can be found or fetched, or with the server's own words when it does not start
 *
 * @example
 * ```ts
 * await using server = await natsServer();
 * const transport = nats({ servers: server.url });
 * await server.pause();
 * ```
 */
export async function natsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = await natsServerBinary();
  const directory = await mkdtemp(join(tmpdir(), "reeve-nats-"));
  try {
    const configFile = join(directory, "nats.conf");
    await writeFile(configFile, configText(options, directory), { mode: 0o600 });
    for (let tries = 1; ; tries++) {
      const server = new LocalNatsServer(binary, configFile, directory, options.port ?? (await freePort()));
      try {
        await server.restart();
        return server;
      } catch (cause) {
        // Another test took the port between the look and the start.
        const taken = server.log.includes("address already in use");
        if (!taken || options.port !== undefined || tries === portTries) throw cause;
      }
    }
  } catch (cause) {
    await rm(directory, { recursive: true, force: true });
    throw cause;
  }
}

class LocalNatsServer implements NatsServer {
  readonly port: number;
  readonly directory: string;
  readonly #binary: string;
  readonly #configFile: string;
  #process: GuardedProcess | undefined;
  #log = "";

  constructor(binary: string, configFile: string, directory: string, port: number) {
    this.#binary = binary;
    this.#configFile = configFile;
    this.directory = directory;
    this.port = port;
  }

  get url(): string {
    return `nats://${loopback}:${this.port}`;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  get log(): string {
    return this.#log;
  }

  async restart(): Promise<void> {
    await this.kill();
    const args = ["--addr", loopback, "--port", String(this.port), "--config", this.#configFile];
    const started = await GuardedProcess.start(this.#binary, args, {
      directory: this.directory,
      onOutput: (text) => {
        this.#log += text;
      },
    });
    this.#process = started;
    // Another server on the same port greets too, while this one ends because of it.
    await this.#until("takes clients", async () => (await greets(this.port)) && this.running);
  }

  async kill(): Promise<void> {
    this.#process?.signal("SIGKILL");
    await this.#process?.ended(stopTimeoutMs);
  }

  async stop(): Promise<void> {
    this.resume();
    this.#process?.signal("SIGTERM");
    if (!(await this.#process?.ended(stopTimeoutMs))) await this.kill();
  }

  async lameDuck(): Promise<void> {
    this.#process?.signal("SIGUSR2");
    // One that is only slow to greet is silent, and takes clients.
    await this.#until("sends its clients away", async () => (await greetingOf(this.port)) === "nobody");
  }

  async pause(): Promise<void> {
    const paused = this.#process;
    if (!paused) return;
    paused.signal("SIGSTOP");
    await this.#until("stopped", () => isStopped(paused.pid));
  }

  resume(): void {
    this.#process?.signal("SIGCONT");
  }

  async reload(config: NatsConfig): Promise<void> {
    const reloads = () => this.#log.split("Reloaded server configuration").length;
    const before = reloads();
    await writeFile(this.#configFile, configText(config, this.directory), { mode: 0o600 });
    this.#process?.signal("SIGHUP");
    await this.#until("reloaded its configuration", async () => reloads() > before);
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + readyTimeoutMs;
    for (;;) {
      // Asked before the look: it may end during one, and only what is seen after its end is final.
      const last = !this.running || performance.now() > giveUpAt;
      if (await holds()) return;
      if (last) break;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await this.kill();
    throw new Error(`nats-server on port ${this.port} never ${what}; it said:\n${this.#log}`);
  }
}
