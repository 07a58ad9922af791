import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Input, Ref } from "@reeve/contract";
import type { Driver } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";
import { fileVolumes } from "@reeve/file-volumes";
import { scheduler as schedulerContract, schedulerManager } from "@reeve/managers/scheduler";
import { type VolumeConfig, type Volumes, volumeManager, volumeStore, volumes } from "@reeve/managers/volume";
import {
  type Clock,
  createSupervisor,
  type Logger,
  type ManagerLimits,
  type ManagerReport,
  type Supervisor,
} from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { vi } from "vitest";
import { WatchedManager } from "../supervisor/watched-manager.ts";
import { StoreByHand } from "./by-hand.ts";
import { SteeredDriver } from "./steered-driver.ts";

type Config = Input<typeof VolumeConfig>;

export interface HouseOptions {
  /** Default: one, `ssd`. */
  readonly backends?: readonly string[];
  /** Read at each reset. */
  readonly config?: Config | ((backend: string) => Config);
  /** Of a house that was there before. */
  readonly directory?: string;
  /** Default: with all its defaults. */
  readonly scheduler?: boolean | typeof schedulerManager;
  /** What the backends' storage looks like. Default: the file system. */
  readonly device?: (driver: Driver<VolumeDriverPort>) => Driver<VolumeDriverPort>;
  /** The backends never report what they have. Default false. */
  readonly silent?: boolean;
  /** Of the volume managers. */
  readonly limits?: ManagerLimits;
  /** What a backend's device is made to do from its first call on. */
  readonly steer?: (steered: SteeredDriver, backend: string) => void;
  /** Default: none. */
  readonly log?: Logger;
  /** Default: within this process. */
  readonly transport?: Transport;
  readonly clock?: Clock;
  /** Callers whose word on whose behalf they call is taken. */
  readonly trustedForwarders?: readonly string[];
  /** Default `host`. */
  readonly host?: string;
}

export interface Backend {
  readonly address: string;
  readonly root: string;
  readonly steered: SteeredDriver;
  readonly manager: WatchedManager;
}

export const mib = 1 / 1024;

/** A supervisor with a scheduler and volume managers on real directories and a real SQLite file. */
export class BlockHouse implements AsyncDisposable {
  readonly directory: string;
  readonly exports: string;
  readonly supervisor: Supervisor;
  readonly volume: Ref<Volumes>;
  readonly #backends = new Map<string, Backend>();
  readonly #store: StoreByHand;
  #keep = false;

  private constructor(directory: string, supervisor: Supervisor, store: StoreByHand) {
    this.directory = directory;
    this.#store = store;
    this.exports = join(directory, "exports");
    this.supervisor = supervisor;
    this.volume = supervisor.ref(volumes);
  }

  static async open(options: HouseOptions = {}): Promise<BlockHouse> {
    const { backends = ["ssd"], directory, scheduler = true, log, transport, host = "host" } = options;
    const { trustedForwarders, clock, silent } = options;
    const place = directory ?? (await mkdtemp(join(tmpdir(), "reeve-volume-")));
    const store = new StoreByHand(sqlite({ path: join(place, "reeve.sqlite") }));
    const supervisor = createSupervisor({
      host,
      store,
      log: log ?? { level: "silent" },
      transport,
      trustedForwarders,
      clock,
      capabilityInterval: 50,
      restart: { maxRestarts: 1_000, initialBackoff: 1, maxBackoff: 1 },
    });
    const house = new BlockHouse(place, supervisor, store);
    await mkdir(house.exports, { recursive: true });
    if (scheduler) supervisor.spawn(scheduler === true ? schedulerManager : scheduler);
    for (const backend of backends) await house.#add(backend, options);
    try {
      await supervisor.start();
      // Placement waits for a first report. Where there are several backends, one may have come and the wanted one not yet.
      if (scheduler && !silent && backends.length > 1) {
        const ready = backends.filter((backend) => house.report(backend).status.phase === "ready");
        await Promise.all(ready.map((backend) => house.reported(backend)));
      }
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
    return house;
  }

  backend(name = "ssd"): Backend {
    return this.#backends.get(name)!;
  }

  report(name = "ssd"): ManagerReport {
    return this.backend(name).manager.report;
  }

  /** Writes into the tables of the volume managers, as an older version may have left them. */
  byHand(sql: string, ...values: (string | number | null)[]): Promise<void> {
    return this.#store.write(volumeStore, sql, values);
  }

  /** Resolves when the scheduler may place volumes on it. */
  async reported(name = "ssd"): Promise<void> {
    const { address } = this.backend(name);
    const hosts = this.supervisor.ref(schedulerContract);
    await vi.waitFor(
      async () => {
        const { items } = await hosts.hosts({ filter: { manager: "volume", eligible: true } });
        if (!items.some((item) => item.address === address)) throw new Error(JSON.stringify(items));
      },
      { timeout: 10_000, interval: 5 },
    );
  }

  /** Crashes a volume manager and resolves when its next incarnation is ready. */
  crash(name = "ssd"): Promise<void> {
    return this.backend(name).manager.crash();
  }

  /** Resolves when a volume manager's status is as wanted. */
  until(holds: (report: ManagerReport) => boolean, name = "ssd"): Promise<void> {
    return this.backend(name).manager.until(holds);
  }

  /** A volume that is there, without asking the scheduler for it twice. */
  async make(name: string, sizeGiB = mib) {
    return this.volume.create({ name, sizeGiB });
  }

  /** Stops it and keeps its directory, for a house that follows. */
  async leave(): Promise<string> {
    this.#keep = true;
    await this.supervisor.stop();
    return this.directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop();
    if (!this.#keep) await rm(this.directory, { recursive: true, force: true });
  }

  async #add(name: string, { config, device, silent = false, limits = {}, steer }: HouseOptions): Promise<void> {
    const root = join(this.directory, name);
    await mkdir(root, { recursive: true });
    const files = fileVolumes({ root });
    const steered = new SteeredDriver(device ? device(files) : files);
    if (silent) steered.fail("stats", "before", () => new Error("not telling"));
    steer?.(steered, name);
    const read = () => ({ exportDirectory: this.exports, ...(typeof config === "function" ? config(name) : config) });
    const { driver } = steered;
    const { address } = this.supervisor.spawn(volumeManager, { backend: name, driver, config: read, limits });
    const manager = new WatchedManager(this.supervisor, "volume", address);
    this.#backends.set(name, { address, root, steered, manager });
  }
}

/** What lies in an image root, beside its lock, in order. */
export async function imagesIn(root: string): Promise<string[]> {
  return (await readdir(root)).filter((name) => !name.startsWith(".reeve")).sort();
}
