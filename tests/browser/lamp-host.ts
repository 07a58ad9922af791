import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { operatorToken } from "./manor.ts";

const program = fileURLToPath(new URL("./lamp-host.fixture.ts", import.meta.url));

/** A host in a process of its own. */
export class LampHost {
  /** Of its inspector; 0 where it has none. */
  readonly port: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves once it serves. It is killed with the test. @param port of its inspector; 0 takes a free one. Default: it has none */
  static async start(servers: string, host: string, port?: number): Promise<LampHost> {
    const inspected = port === undefined ? [] : ["--port", String(port), "--token", operatorToken];
    const child = spawn(
      process.execPath,
      ["--conditions=reeve-source", program, "--servers", servers, "--host", host, ...inspected],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    const [said] = await once(child.stdout, "data");
    const [, found = "0"] = /:(\d+)\/#token/.exec(String(said)) ?? [];
    return new LampHost(child, Number(found));
  }

  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill(signal);
    await exited;
  }

  tell(what: "crash" | "hold"): void {
    this.#child.stdin.write(`${what}\n`);
  }
}
