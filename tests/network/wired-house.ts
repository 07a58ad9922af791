import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Input, Ref } from "@reeve/contract";
import {
  flatNetworkManager,
  type NetworkConfig,
  type Networks,
  networks,
  type Point,
  vlanNetworkManager,
} from "@reeve/managers/network";
import {
  type Clock,
  createSupervisor,
  type Logger,
  type ManagerLimits,
  type ManagerReport,
  type StoreBackend,
  type Supervisor,
} from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { type PatchPanel, type PatchPanelOptions, patchPanel } from "@reeve/testing";
import { WatchedManager } from "../supervisor/watched-manager.ts";

export interface WiredHouseOptions {
  /** By backend; a panel is one that was there before. Default: `leaf`, of VLAN networks. */
  readonly devices?: Readonly<Record<string, Device>>;
  readonly config?: Input<typeof NetworkConfig> | (() => Input<typeof NetworkConfig>);
  /** Of a house that was there before. */
  readonly directory?: string;
  readonly store?: StoreBackend;
  readonly limits?: ManagerLimits;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly transport?: Transport;
  /** Default `host`. */
  readonly host?: string;
}

export interface Device {
  /** Default `vlan`. */
  readonly kind?: "flat" | "vlan";
  /** Default: a new one. */
  readonly panel?: PatchPanel;
  readonly options?: PatchPanelOptions;
}

export interface Wired {
  readonly address: string;
  readonly panel: PatchPanel;
  readonly manager: WatchedManager;
}

/** As operators act, who may reach what every tenant has. */
export const operator = { user: "ada", roles: ["operator", "all-tenants"] };

const physicalNetworks = { dc1: { vlans: [[100, 199] as [number, number]] } };

/** A supervisor with network managers on patch panels and a real SQLite file. */
export class WiredHouse implements AsyncDisposable {
  readonly directory: string;
  readonly supervisor: Supervisor;
  readonly network: Ref<Networks>;
  /** The same, for an operator. */
  readonly ops: Ref<Networks>;
  readonly #wired = new Map<string, Wired>();
  #keep = false;

  private constructor(directory: string, supervisor: Supervisor) {
    this.directory = directory;
    this.supervisor = supervisor;
    this.network = supervisor.ref(networks);
    this.ops = supervisor.as(operator).ref(networks);
  }

  static async open(options: WiredHouseOptions = {}): Promise<WiredHouse> {
    const { devices = { leaf: {} }, config = { physicalNetworks }, limits = {} } = options;
    const { log, host = "host", clock, transport } = options;
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "reeve-network-")));
    const supervisor = createSupervisor({
      host,
      store: options.store ?? sqlite({ path: join(directory, "reeve.sqlite") }),
      log: log ?? { level: "silent" },
      clock,
      transport,
      restart: { maxRestarts: 1_000, initialBackoff: 1, maxBackoff: 1 },
    });
    const house = new WiredHouse(directory, supervisor);
    for (const [backend, { kind = "vlan", panel = patchPanel(), ...device }] of Object.entries(devices)) {
      const wired = device.options ? patchPanel(device.options) : panel;
      const manager = kind === "vlan" ? vlanNetworkManager : flatNetworkManager;
      const { address } = supervisor.spawn(manager, { backend, driver: wired.driver, config, limits });
      house.#wired.set(backend, {
        address,
        panel: wired,
        manager: new WatchedManager(supervisor, "network", address),
      });
    }
    try {
      await supervisor.start();
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
    return house;
  }

  at(backend = "leaf"): Wired {
    return this.#wired.get(backend)!;
  }

  report(backend = "leaf"): ManagerReport {
    return this.at(backend).manager.report;
  }

  /** Crashes a manager and resolves when its next incarnation is ready. */
  crash(backend = "leaf"): Promise<void> {
    return this.at(backend).manager.crash();
  }

  /** Resolves when a manager's report is as wanted. */
  until(holds: (report: ManagerReport) => boolean, backend = "leaf"): Promise<void> {
    return this.at(backend).manager.until(holds);
  }

  /** A network with one subnet, made at a backend, and some ports of it. */
  async build(ports = 1, backend = "leaf", name = "blue") {
    const { address } = this.at(backend);
    const network = await this.ops.at(address).createNetwork({ name });
    await this.network.createSubnet({ networkId: network.id, cidr: "10.0.0.0/24" });
    const made = [];
    for (let n = 0; n < ports; n++) made.push(await this.network.createPort({ networkId: network.id, name: `p${n}` }));
    return { network, ports: made, port: made[0]! };
  }

  attach(portId: string, as?: Point, backend = "leaf") {
    return this.network.attach({ portId, host: this.at(backend).address, ...(as && { as }) }).result;
  }

  /** Makes a device be as it should be, and tells what that took. */
  rescan(backend = "leaf") {
    return this.ops.at(this.at(backend).address).rescan({});
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
}

/** What a panel has of ours. */
export function carriedBy(panel: PatchPanel): Pick<ReturnType<PatchPanel["state"]>, "lines" | "plugs" | "namespaces"> {
  const { lines, plugs, namespaces } = panel.state();
  return { lines, plugs, namespaces };
}

/** For `toEqual`: of `toMatchObject` an empty object would match any. */
export const nothingCarried = { lines: {}, plugs: {}, namespaces: {} };
