import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Input, Ref } from "@reeve/contract";
import { fileVolumes } from "@reeve/file-volumes";
import { scheduler as schedulerContract, schedulerManager } from "@reeve/managers/scheduler";
import { type VolumeConfig, type Volumes, volumeManager, volumes } from "@reeve/managers/volume";
import { createSupervisor, inProcess, type ManagerLimits, type StoreBackend, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport, sharedStore, silentLogger } from "@reeve/testing";
import { vi } from "vitest";
import { WatchedManager } from "../supervisor/watched-manager.ts";
import { StoreByHand } from "./by-hand.ts";
import { type MortalStore, mortalStore } from "./mortal-store.ts";
import { SteeredDriver } from "./steered-driver.ts";

type Config = Input<typeof VolumeConfig>;

export interface RackOptions {
  /** Each has a volume manager of the backend `ssd`, on a directory of its own. Default: three, `block-01` to `block-03`. */
  readonly hosts?: readonly string[];
  /** Those that run a scheduler too. Default: the first two. */
  readonly schedulers?: readonly string[];
  /** Of the volume managers, by host. */
  readonly config?: Config | ((host: string) => Config);
  readonly limits?: ManagerLimits;
  /** How a host reaches the database of all. Default: they share one in memory. */
  readonly store?: (host: string) => StoreBackend;
  /** All are members of it, and share one directory. Default: each is alone. Asked at each start of a host. */
  readonly cluster?: (host: string) => string | undefined;
  /** Whether all have one directory. Default: where they are a cluster. */
  readonly sharedRoot?: boolean;
  /** How a host reaches the others. Default: within this process. */
  readonly transport?: (host: string) => Transport;
}

/** A host of a rack. */
export class RackHost {
  readonly name: string;
  readonly address: string;
  readonly root: string;
  readonly supervisor: Supervisor;
  readonly steered: SteeredDriver;
  readonly manager: WatchedManager;
  readonly volume: Ref<Volumes>;
  readonly #link: FaultTransport;
  readonly #mortal: MortalStore;
  #ended: Promise<void> | undefined;

  constructor(name: string, root: string, link: FaultTransport, store: StoreBackend, options: RackOptions) {
    const { schedulers = ["block-01", "block-02"], config = {}, limits = {}, cluster, sharedRoot } = options;
    this.name = name;
    this.root = root;
    this.#link = link;
    this.#mortal = mortalStore(store);
    this.steered = new SteeredDriver(fileVolumes({ root, shared: sharedRoot ?? cluster !== undefined }));
    this.supervisor = createSupervisor({
      host: name,
      cluster: cluster?.(name),
      store: this.#mortal.store,
      transport: link,
      trustedForwarders: ["block-*"],
      log: silentLogger,
      capabilityInterval: 50,
      stopTimeout: 1_000,
      restart: { maxRestarts: 1_000, initialBackoff: 1, maxBackoff: 1 },
    });
    if (schedulers.includes(name)) this.supervisor.spawn(schedulerManager);
    const { driver } = this.steered;
    const read = () => ({
      exportDirectory: join(root, "..", `${name}-exports`),
      ...(typeof config === "function" ? config(name) : config),
    });
    const spawned = this.supervisor.spawn(volumeManager, { backend: "ssd", driver, config: read, limits });
    this.address = spawned.address;
    this.manager = new WatchedManager(this.supervisor, "volume", this.address);
    this.volume = this.supervisor.ref(volumes);
  }

  get exports(): string {
    return join(this.root, "..", `${this.name}-exports`);
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Its link to the others is lost; it lives on, and its database is there. */
  cut(): void {
    this.#link.cut();
  }

  heal(): void {
    this.#link.heal();
  }

  /** As kill -9: from here on neither the others nor the database hear of it, and what its driver does is aborted. */
  async kill(): Promise<void> {
    this.#mortal.die();
    this.#link.cut();
    await this.stop();
  }

  /** Says goodbye. */
  stop(): Promise<void> {
    this.#ended ??= this.supervisor.stop();
    return this.#ended;
  }
}

/** Several hosts on one database, each with a backend of its own. */
export class Rack implements AsyncDisposable {
  readonly directory: string;
  readonly #options: RackOptions;
  /** Runs a statement over the tables of the volume managers, through the host that was started last. */
  byHand!: StoreByHand;
  readonly #hub = inProcess();
  readonly #store: (host: string) => StoreBackend;
  readonly #hosts = new Map<string, RackHost>();

  private constructor(directory: string, options: RackOptions) {
    this.directory = directory;
    this.#options = options;
    const inMemory = sharedStore(sqlite({ path: ":memory:" }));
    this.#store = options.store ?? (() => inMemory);
  }

  static async open(options: RackOptions = {}): Promise<Rack> {
    const { hosts = ["block-01", "block-02", "block-03"] } = options;
    const rack = new Rack(await mkdtemp(join(tmpdir(), "reeve-rack-")), options);
    try {
      await Promise.all(hosts.map((host) => rack.start(host)));
    } catch (error) {
      await rack[Symbol.asyncDispose]();
      throw error;
    }
    return rack;
  }

  /** A host that is, or was, up. */
  host(name: string): RackHost {
    return this.#hosts.get(name)!;
  }

  at(address: string): RackHost {
    return [...this.#hosts.values()].find((host) => host.address === address)!;
  }

  /** Starts a host, or starts it again, on what it has left. */
  async start(name: string, steer: (host: RackHost) => void = () => {}): Promise<RackHost> {
    const { cluster, sharedRoot = cluster !== undefined } = this.#options;
    const root = join(this.directory, sharedRoot ? "shared" : name);
    await mkdir(root, { recursive: true });
    await mkdir(join(this.directory, `${name}-exports`), { recursive: true });
    const { transport = (host: string) => this.#hub.client({ caller: host }) } = this.#options;
    const link = faultTransport(transport(name), { print: () => {} });
    this.byHand = new StoreByHand(this.#store(name));
    const host = new RackHost(name, root, link, this.byHand, this.#options);
    this.#hosts.set(name, host);
    steer(host);
    await host.supervisor.start();
    return host;
  }

  /** Resolves when each host knows all the others, and every scheduler may place volumes on all of them. */
  async known(): Promise<void> {
    const up = [...this.#hosts.values()].filter((host) => !host.ended);
    const wanted = up.map(({ address }) => address);
    // Of a cluster's members schedulers place on whichever is there.
    const placeable = up.map(({ name, address }) => {
      const cluster = this.#options.cluster?.(name);
      return cluster === undefined ? address : `${cluster}@ssd`;
    });
    const requireAll = (asker: string, wanted: readonly string[], there: Iterable<string>) => {
      const seen = new Set(there);
      const missing = wanted.filter((address) => !seen.has(address));
      if (missing.length > 0) throw new Error(`${asker} does not know ${missing.join(", ")}`);
    };
    await vi.waitFor(
      async () => {
        for (const { name, supervisor, volume } of up) {
          requireAll(
            name,
            wanted,
            (await volume.all().list({})).map(({ address }) => address),
          );
          const schedulers = supervisor.ref(schedulerContract).all();
          const answers = await schedulers.hosts({ filter: { manager: "volume", eligible: true } });
          if (answers.length === 0) throw new Error(`${name} knows no scheduler`);
          for (const answer of answers) {
            if (answer.status === "rejected") throw answer.reason;
            requireAll(
              `the scheduler at ${answer.address}`,
              placeable,
              answer.value.items.map((item) => item.address),
            );
          }
        }
      },
      { timeout: 15_000, interval: 10 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.stop()));
    await rm(this.directory, { recursive: true, force: true });
  }
}
