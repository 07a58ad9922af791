import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract, type Ref } from "@reeve/contract";
import { fileVolumes } from "@reeve/file-volumes";
import { inspector } from "@reeve/inspector";
import { schedulerManager } from "@reeve/managers/scheduler";
import { type Volumes, volumeManager, volumes } from "@reeve/managers/volume";
import { createSupervisor, defineManager, inProcess, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";

export const operatorToken = "operator-token-of-the-manor";
export const viewToken = "viewer-token-of-the-manor";

/** Notices within moments when its directory goes away and comes back. */
const attentive = { driver: { checkEvery: "50ms", retryAfter: "50ms", retryAtMost: "100ms" } } as const;

const bells = contract("bell", "1.0", { toll: call({ input: z.object({}), timeout: "10m" }) });
const gates = contract("gate", "1.0", { pass: call({ input: z.object({ password: z.string() }) }) });

/** Two hosts of one fleet with real managers, directories and stores; the first serves the inspector. */
export class Manor {
  readonly first: Supervisor;
  readonly second: Supervisor;
  readonly volume: Ref<Volumes>;
  readonly #directory = mkdtempSync(join(tmpdir(), "reeve-browser-"));

  constructor() {
    const hub = inProcess();
    const options = (host: string) => ({
      host,
      cluster: "rack-a",
      transport: hub.client({ caller: host }),
      trustedForwarders: ["block-*"],
      store: sqlite({ path: ":memory:" }),
      log: { level: "silent" as const, destination: { write() {} } },
      capabilityInterval: "100ms" as const,
      restart: { maxRestarts: 1_000, initialBackoff: 50, maxBackoff: 50 },
    });
    this.first = createSupervisor({
      ...options("block-01"),
      inspector: inspector({ port: 0, token: operatorToken, viewToken }),
    });
    this.second = createSupervisor({ ...options("block-02"), inspector: inspector({ port: 0, token: operatorToken }) });
    this.volume = this.first.ref(volumes);
  }

  /** @param more backends of the first host and of the second, beside `ssd` and `hdd` */
  async open(more: readonly [first: readonly string[], second: readonly string[]] = [[], []]): Promise<void> {
    this.first.spawn(schedulerManager);
    for (const backend of ["ssd", ...more[0]]) await this.#addVolumes(this.first, backend);
    for (const backend of ["hdd", ...more[1]]) await this.#addVolumes(this.second, backend);
    await Promise.all([this.first.start(), this.second.start()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.first.stop(), this.second.stop()]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get port(): number {
    return Number(new URL(this.first.inspectorUrl!).port);
  }

  /** A manager that stays in `preRpc` until it is let in. */
  addGate(backend?: string): { readonly letIn: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const manager = defineManager({
      contract: gates,
      setup: () => ({ initHost: () => promise, operations: { pass: () => undefined } }),
    });
    this.first.spawn(manager, backend === undefined ? {} : { backend });
    return { letIn: resolve };
  }

  /** A manager of one call that runs until it is told to end. */
  addBell(): Ref<typeof bells> {
    const manager = defineManager({
      contract: bells,
      setup: () => ({
        operations: {
          toll: (_, { signal }) =>
            new Promise<void>((_, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason), { once: true });
            }),
        },
      }),
    });
    this.first.spawn(manager);
    return this.first.as({ user: "ada", tenant: "acme", roles: [] }).ref(bells);
  }

  /** Both hosts log from here on what they would. */
  async log(): Promise<void> {
    for (const supervisor of [this.first, this.second]) {
      const operator = supervisor.as({ user: "ada", roles: ["operator"] });
      await operator.ref(hosts).at(supervisor.host).setLogLevel({ level: "info" });
    }
  }

  /** Takes the directory of a backend away, as a cable that is pulled. Returns how to put it back. */
  async pull(backend: string): Promise<() => Promise<void>> {
    const root = join(this.#directory, backend);
    await rename(root, `${root}.away`);
    return () => rename(`${root}.away`, root);
  }

  async #addVolumes(supervisor: Supervisor, backend: string): Promise<void> {
    const root = join(this.#directory, backend);
    await mkdir(root, { recursive: true });
    supervisor.spawn(volumeManager, { backend, driver: fileVolumes({ root }), limits: attentive });
  }
}
