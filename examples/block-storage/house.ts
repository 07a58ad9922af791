import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Input, Ref } from "@reeve/contract";
import { complaintsIn } from "@reeve/example-telling";
import { fileVolumes } from "@reeve/file-volumes";
import { inspector } from "@reeve/inspector";
import { schedulerManager } from "@reeve/managers/scheduler";
import { type Volume, type VolumeConfig, volumeManager, volumes } from "@reeve/managers/volume";
import { createSupervisor, type ManagerReport, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { type Content, contentFor } from "./content.ts";
import { Holdup } from "./holdup.ts";
import type { SecondProcess } from "./second-process.ts";

/** What a person would edit between two SIGHUPs. */
export type Settings = Pick<Input<typeof VolumeConfig>, "quotaGiB">;

export const backends = ["ssd", "hdd", "archive"] as const;
export type Backend = (typeof backends)[number];

/** Notices within moments when its directory goes away and comes back; usually that takes seconds. */
const attentive = { driver: { checkEvery: "100ms", retryAfter: "100ms", retryAtMost: "200ms" } } as const;

/** The supervisor of the demo, the directories it works on, and what the steps have made so far. */
export class House {
  readonly directory = mkdtempSync(join(tmpdir(), "reeve-demo-"));
  readonly supervisor: Supervisor;
  readonly volume: Ref<typeof volumes>;
  /** By name, as steps left them. */
  readonly made = new Map<string, Volume>();
  /** By name: what must be found on them. */
  readonly checksums = new Map<string, string>();
  readonly content: Content;
  /** Of the archive. */
  readonly holdup = new Holdup();
  #second: SecondProcess | undefined;

  /**
   * @param inspected whether a person can watch it on a page
   * @param transport how other processes reach it; default: they do not
   */
  constructor({ inspected = false, transport }: { readonly inspected?: boolean; readonly transport?: Transport } = {}) {
    for (const name of [...backends, "content", "other"]) mkdirSync(join(this.directory, name));
    this.content = contentFor(join(this.directory, "content"));
    this.configure({ quotaGiB: 4 });
    this.supervisor = createSupervisor({
      host: "demo",
      transport,
      store: sqlite({ path: join(this.directory, "reeve.sqlite") }),
      log: { destination: { path: this.log } },
      restart: { initialBackoff: "50ms" },
      inspector: inspected ? inspector({ port: 0 }) : undefined,
    });
    this.volume = this.supervisor.ref(volumes);
  }

  /** For the second process. */
  get otherDirectory(): string {
    return join(this.directory, "other");
  }

  /** The process that runs beside this one, if any; it never outlives this one. */
  get second(): SecondProcess | undefined {
    return this.#second;
  }

  neighbour(process: SecondProcess): SecondProcess {
    this.#second = process;
    return process;
  }

  get log(): string {
    return join(this.directory, "reeve.log");
  }

  /** Where a backend keeps its images. */
  root(backend: Backend): string {
    return join(this.directory, backend);
  }

  async start(): Promise<void> {
    this.supervisor.spawn(schedulerManager);
    for (const backend of backends) {
      const driver = fileVolumes({ root: this.root(backend) });
      this.supervisor.spawn(volumeManager, {
        limits: attentive,
        backend,
        driver: backend === "archive" ? this.holdup.around(driver) : driver,
        config: () => ({ ...this.#settings(), labels: { media: backend }, overcommitRatio: 4 }),
      });
    }
    this.supervisor.handleSignals();
    await this.supervisor.start();
  }

  /** Writes the settings that the managers read at each reset. */
  configure(settings: Settings): void {
    writeFileSync(this.#settingsFile, JSON.stringify(settings));
  }

  /** A volume that an earlier step has made. */
  the(name: string): Volume {
    const volume = this.made.get(name);
    if (!volume) throw new Error(`no step has made a volume ${name}`);
    return volume;
  }

  /** Connects a volume and says where it is. */
  async path(name: string): Promise<string> {
    const { path } = await this.volume.connect({ id: this.the(name).id });
    return path;
  }

  manager(backend: Backend): ManagerReport {
    const address = `demo@${backend}`;
    const found = this.supervisor.managers().find((report) => report.address === address);
    if (!found) throw new Error(`no manager at ${address}`);
    return found;
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.volume.list.each({})) count += 1;
    return count;
  }

  /** The last warnings and errors of the log, one line each. */
  complaints(): string {
    return complaintsIn(this.log);
  }

  /** Drains everything. */
  async stop(): Promise<void> {
    await this.supervisor.stop();
  }

  /** Ends what is left and removes everything. Synchronous: the last thing a process does. */
  remove(): void {
    this.#second?.abandon();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #settingsFile(): string {
    return join(this.directory, "settings.json");
  }

  #settings(): Settings {
    return JSON.parse(readFileSync(this.#settingsFile, "utf8"));
  }
}
