import type { Input, Ref } from "@reeve/contract";
import {
  flatNetworkManager,
  type Network,
  type NetworkConfig,
  type Networks,
  networks,
  vlanNetworkManager,
} from "@reeve/managers/network";
import { createSupervisor, type Principal, type StoreBackend, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { type DeviceState, tapDevice } from "./ipam-device.ts";

type Config = Input<typeof NetworkConfig>;
type Calls = ReturnType<Ref<Networks>["at"]>;

export interface HouseOptions {
  /** Default: one physical network `dc1`, with the VLANs 100 to 199. */
  readonly config?: Config;
  /** Default: in memory. */
  readonly store?: StoreBackend;
}

const everybody: Config = { physicalNetworks: { dc1: { vlans: [[100, 199]] } } };

/** Who builds networks in most tests: may name VLANs, and is of no tenant. */
export const builder: Principal = { user: "ada", roles: ["operator"] };

/** Managers of both strategies on one store: `host@flat`, and the VLAN ones `host@one` and `host@two`. */
export class NetworkHouse implements AsyncDisposable {
  readonly supervisor: Supervisor;
  /** Of the device of `host@one`. */
  readonly device: DeviceState;

  private constructor(supervisor: Supervisor, device: DeviceState) {
    this.supervisor = supervisor;
    this.device = device;
  }

  static async open({ config = everybody, store = sqlite({ path: ":memory:" }) }: HouseOptions = {}) {
    const supervisor = createSupervisor({ host: "host", store, log: { level: "silent" } });
    const devices = ["flat", "one", "two"].map((backend) => {
      const state: DeviceState = { ranges: { usable: [[1, 4094]], reserved: [] }, silent: false };
      const definition = backend === "flat" ? flatNetworkManager : vlanNetworkManager;
      supervisor.spawn(definition, { backend, driver: tapDevice(state), config });
      return state;
    });
    await supervisor.start();
    return new NetworkHouse(supervisor, devices[1]!);
  }

  /** What one of its managers answers. */
  at(backend: "flat" | "one" | "two", principal: Principal = builder): Calls {
    return this.supervisor.as(principal).ref(networks).at(`host@${backend}`);
  }

  /** One of both VLAN managers, in turn. */
  turn(index: number, principal: Principal = builder): Calls {
    return this.at(index % 2 === 0 ? "one" : "two", principal);
  }

  network(options: Partial<Parameters<Calls["createNetwork"]>[0]> = {}): Promise<Network> {
    return this.at("one").createNetwork({ name: "net", ...options });
  }

  /** A network with one subnet. */
  async subnet(cidr: string, options: Partial<Parameters<Calls["createSubnet"]>[0]> = {}) {
    const { id: networkId } = await this.network();
    return this.at("one").createSubnet({ networkId, cidr, ...options });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.supervisor.stop();
  }
}

/** How often each reason was given, and what succeeded. */
export async function outcomes<T>(calls: readonly Promise<T>[]) {
  const settled = await Promise.allSettled(calls);
  const made = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refused: Record<string, number> = {};
  for (const one of settled) {
    if (one.status === "fulfilled") continue;
    const reason = (one.reason as { reason?: string }).reason ?? String(one.reason);
    refused[reason] = (refused[reason] ?? 0) + 1;
  }
  return { made, refused };
}

export function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
