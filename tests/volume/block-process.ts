import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createSchedulerManager, type Host, type SchedulerOptions, scheduler } from "@reeve/managers/scheduler";
import { volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer, recordingLogger } from "@reeve/testing";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("./block.fixture.ts", import.meta.url));

/** A process with a volume manager, which a test kills. */
export class BlockProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(servers: string, host: string, disk: string, totalMiB: number) {
    const args = ["--conditions=reeve-source", program, servers, host, disk, String(totalMiB)];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#exit = once(this.#child, "exit");
    onTestFinished(() => this.kill());
  }

  /** Resolves when it says that it is ready. */
  static async start(servers: string, host: string, disk: string, totalMiB: number): Promise<BlockProcess> {
    const started = new BlockProcess(servers, host, disk, totalMiB);
    const lines = createInterface({ input: started.#child.stdout! });
    await Promise.race([
      once(lines, "line"),
      started.#exit.then(() => Promise.reject(new Error(`${host} has ended before it was ready`))),
    ]);
    return started;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  /** Stands still until it is resumed. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }
}

/** A broker and a host with a scheduler, and how to start block hosts beside it, on disks that are named. */
export async function blockFleet(options: SchedulerOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), "reeve-blocks-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const broker = await natsServer();
  onTestFinished(() => broker.close());
  const log = recordingLogger();
  const control = createSupervisor({
    host: "control-01",
    transport: nats({ servers: broker.url, caller: "control-01" }),
    trustedForwarders: ["block-*"],
    store: sqlite({ path: join(directory, "control.sqlite") }),
    log,
  });
  control.spawn(createSchedulerManager(options));
  await control.start();
  onTestFinished(() => control.stop());
  const schedulers = control.ref(scheduler);
  return {
    broker,
    control,
    log,
    schedulers,
    volume: control.ref(volumes),
    start: (host: string, disk: string, totalMiB = 100) =>
      BlockProcess.start(broker.url, host, join(directory, disk), totalMiB),
    async listed(address: string): Promise<Host | undefined> {
      return (await schedulers.hosts({})).items.find((one) => one.address === address);
    },
  };
}
