import { compareInterfaces, isPortChannel } from "./interface-name.ts";
import type { VlanSet } from "./vlan-set.ts";

/** A VLAN of the table. */
export interface Vlan {
  readonly id: number;
  /** Absent: the switch's own name for it, `VLAN0007`. */
  name?: string | undefined;
  suspended: boolean;
  shutdown: boolean;
}

/** An Ethernet port or a port channel. */
export interface Port {
  readonly name: string;
  layer: "routed" | "switched";
  mode: "access" | "trunk";
  accessVlan: number;
  nativeVlan: number;
  /** What a trunk carries. */
  allowed: VlanSet | "all";
  description?: string | undefined;
  shutdown: boolean;
  mtu: number;
  /** The port channel that it is a member of. */
  channel?: { readonly number: number; readonly mode: "on" | "active" | "passive" } | undefined;
}

/** How many ids `system vlan N reserve` takes (Cisco's N9K layer 2 guide: 128 consecutive ones). */
export const reservedBlock = 128;
export const defaultReservation = 3968;

/** What one configuration of a switch says; the running one is changed in place, the startup one replaced whole. */
export class Configuration {
  hostname = "switch";
  longVlanNames = false;
  /** The first id of the block that is reserved once the switch has started with it. */
  reservation = defaultReservation;
  readonly features = new Set<string>();
  readonly vlans = new Map<number, Vlan>();
  readonly #ports = new Map<string, Port>();

  /** What the switch has without any configuration: its Ethernet ports and VLAN 1. */
  static factory(interfaces: readonly string[], layer: Port["layer"]): Configuration {
    const configuration = new Configuration();
    configuration.features.add("nxapi");
    configuration.vlans.set(1, { id: 1, name: "default", suspended: false, shutdown: false });
    for (const name of [...interfaces].sort(compareInterfaces))
      configuration.#ports.set(name, unconfigured(name, layer));
    return configuration;
  }

  clone(): Configuration {
    const copy = new Configuration();
    copy.hostname = this.hostname;
    copy.longVlanNames = this.longVlanNames;
    copy.reservation = this.reservation;
    for (const feature of this.features) copy.features.add(feature);
    for (const vlan of this.vlans.values()) copy.vlans.set(vlan.id, { ...vlan });
    for (const port of this.#ports.values()) copy.#ports.set(port.name, { ...port });
    return copy;
  }

  vlansById(): Vlan[] {
    return [...this.vlans.values()].sort((one, other) => one.id - other.id);
  }

  /** In the order of their names, in which they are kept. */
  get ports(): ReadonlyMap<string, Port> {
    return this.#ports;
  }

  portsByName(): Port[] {
    return [...this.#ports.values()];
  }

  /** Adds a port, or replaces the one of this name. */
  putPort(port: Port): void {
    const known = this.#ports.has(port.name);
    this.#ports.set(port.name, port);
    if (known) return;
    const sorted = this.portsByName().sort((one, other) => compareInterfaces(one.name, other.name));
    this.#ports.clear();
    for (const each of sorted) this.#ports.set(each.name, each);
  }

  removePort(name: string): void {
    this.#ports.delete(name);
  }

  /** Equal for equal configurations, and cheaper than their text: it is taken after every command. */
  fingerprint(): string {
    const vlans = Array.from(
      this.vlans.values(),
      (vlan) => `${vlan.id} ${vlan.name} ${vlan.suspended} ${vlan.shutdown}`,
    );
    const ports = Array.from(this.#ports.values(), (port) => {
      const { layer, mode, accessVlan, nativeVlan, allowed, description, shutdown, mtu, channel } = port;
      const list = allowed === "all" ? allowed : allowed.text;
      const joined = channel && `${channel.number} ${channel.mode}`;
      return [port.name, layer, mode, accessVlan, nativeVlan, list, description, shutdown, mtu, joined].join(" ");
    });
    const { hostname, longVlanNames, reservation, features } = this;
    return [hostname, longVlanNames, reservation, ...features, ...vlans, ...ports].join("\n");
  }

  /** Whether frames of a VLAN pass a port, as far as it is configured. */
  carries(port: Port, vlanId: number): boolean {
    if (port.layer === "routed") return false;
    if (port.mode === "access") return port.accessVlan === vlanId;
    return port.allowed === "all" || port.allowed.has(vlanId);
  }

  /** Empty unless it is a port channel. */
  members(channel: string): Port[] {
    if (!isPortChannel(channel)) return [];
    const joined = ({ channel: of }: Port) => of && `port-channel${of.number}` === channel;
    return this.portsByName().filter(joined);
  }
}

export function unconfigured(name: string, layer: Port["layer"]): Port {
  return {
    name,
    layer: isPortChannel(name) ? "switched" : layer,
    mode: "access",
    accessVlan: 1,
    nativeVlan: 1,
    allowed: "all",
    shutdown: false,
    mtu: 1500,
  };
}

/** `VLAN0007`, what a VLAN is called that nobody has named. */
export function nameOf(vlan: Vlan): string {
  return vlan.name ?? defaultName(vlan.id);
}

export function defaultName(vlanId: number): string {
  return `VLAN${String(vlanId).padStart(4, "0")}`;
}
