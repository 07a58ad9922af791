import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ciscoNetWith, httpsLink } from "@reeve/cisco-net";
import type { Ref } from "@reeve/contract";
import { type Networks, networks, vlanNetworkManager } from "@reeve/managers/network";
import { createSupervisor, type ManagerReport, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type NexusSimulator, nexusSimulator } from "@reeve/testing";
import { expect, vi } from "vitest";
import { ShiftedClock } from "../cisco-net/shifted-clock.ts";
import { operator } from "./wired-house.ts";

/** Interfaces that the driver may change: trunks with a list of the operator's, and those that nobody has configured. */
export const trunks = [1, 2, 3, 4].map((number) => `Ethernet1/${number}`);
export const fresh = [5, 6, 7, 8].map((number) => `Ethernet1/${number}`);

const configuration = [
  "vlan 2000-2040",
  "vlan 2001 ; name voice",
  "interface e1/1-4 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 2000-2005,2017",
  "interface e1/5-8 ; switchport",
  "interface e1/9 ; switchport ; switchport mode trunk",
  "interface e1/10 ; switchport ; switchport access vlan 2001 ; description phone",
].join("\n");

/** A switch and its twin, to which the operator does the same and nobody else does anything, and a manager on the one. */
export class SwitchHouse implements AsyncDisposable {
  readonly nexus: NexusSimulator;
  readonly twin: NexusSimulator;
  readonly clock: ShiftedClock;
  readonly supervisor: Supervisor;
  readonly address: string;
  readonly ops: Ref<Networks>;
  readonly #directory: string;
  #sessions = 0;

  private constructor(nexus: NexusSimulator, twin: NexusSimulator, clock: ShiftedClock, directory: string) {
    this.nexus = nexus;
    this.twin = twin;
    this.clock = clock;
    this.#directory = directory;
    const { url, ca, username, password } = nexus;
    this.supervisor = createSupervisor({
      host: "host",
      store: sqlite({ path: join(directory, "reeve.sqlite") }),
      log: { level: "silent" },
      restart: { maxRestarts: 100_000, initialBackoff: 1, maxBackoff: 1 },
    });
    const connect = (target: Parameters<typeof httpsLink>[0]) => {
      this.#sessions++;
      return httpsLink(target);
    };
    const driver = ciscoNetWith({ clock, connect })({
      url,
      ca,
      username,
      password,
      physicalNetwork: "dc1",
      interfaces: [...trunks, ...fresh],
      vlans: [[100, 199]],
      saveAfter: false,
      requestTimeout: "500ms",
    });
    const config = { physicalNetworks: { dc1: { vlans: [[100, 199] as [number, number]] } } };
    const limits = { driverPatience: "5s", driver: { checkEvery: 20, retryAfter: 20, retryAtMost: 50 } } as const;
    this.address = this.supervisor.spawn(vlanNetworkManager, { backend: "leaf", driver, config, limits }).address;
    this.ops = this.supervisor.as(operator).ref(networks);
  }

  static async open(seed: number): Promise<SwitchHouse> {
    const clock = new ShiftedClock();
    const options = { interfaces: ["Ethernet1/1-16"], configuration, clock, seed };
    const nexus = await nexusSimulator(options);
    const twin = await nexusSimulator(options);
    const directory = await mkdtemp(join(tmpdir(), "reeve-network-"));
    const house = new SwitchHouse(nexus, twin, clock, directory);
    try {
      await house.supervisor.start();
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
    return house;
  }

  get report(): ManagerReport {
    return this.supervisor.managers().find(({ manager }) => manager === "network")!;
  }

  /** The operator's edit of both. */
  async edit(command: string): Promise<void> {
    for (const each of [this.nexus, this.twin]) await each.cli(command);
  }

  /** Both lose what was not saved; ten minutes later they are believed again. */
  async reload(): Promise<void> {
    await Promise.all([this.nexus.reload(), this.twin.reload()]);
    this.clock.advance(600_000);
  }

  /** The same, and resolves when the driver has noticed and the manager uses the switch again. */
  async reloadNoticed(): Promise<void> {
    const before = this.#sessions;
    await this.reload();
    await vi.waitFor(() => expect(this.#sessions).toBeGreaterThan(before), { timeout: 15_000, interval: 5 });
    await this.serving();
  }

  /** Resolves when the manager uses its switch. */
  serving(): Promise<void> {
    return vi.waitFor(
      () => {
        const { phase, state } = this.report.status;
        if (phase !== "ready" || state !== "serving") throw new Error(JSON.stringify(this.report));
      },
      { timeout: 15_000, interval: 5 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop();
    await this.nexus.close();
    await this.twin.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
