import { spawn } from "node:child_process";
import { once } from "node:events";
import type {
  ArmedFault,
  CommandFault,
  Meddling,
  NetworkCall,
  NetworkDevice,
  Squatter,
} from "@reeve/driver-sdk/conformance";
import { type AttachmentSpec, markOf, type Point, type SegmentSpec } from "@reeve/driver-sdk/network";
import type { StruckMachine } from "./struck-machine.ts";
import { dump, factOf, ipLines, tool } from "./tool.ts";
import { outside, type PingTraffic } from "./traffic.ts";

/** The options of every driver of the suite. */
export const options = { physicalNetworks: { dc1: { uplink: "up0" } } };
const places = Array.from({ length: 8 }, (_, n) => `own${n}`);
const shared = "shared";
const lasting = [outside, shared, ...places];
/** The driver's group when it is given none. */
const ours = "7238";

/** The hands of the conformance suite on a whole host: its kernel, or its network namespace, is nobody else's. */
export class HostDevice implements NetworkDevice {
  readonly physicalNetwork = "dc1";
  readonly kinds: readonly SegmentSpec["segment"]["kind"][];
  readonly reservedVlans: readonly number[];
  readonly strangePoint: Point = { kind: "switchport", interface: "eth1", tagging: "untagged" };
  readonly fill = "a kernel has room for more links and VLANs than a test can make";
  readonly traffic: PingTraffic;
  readonly #machine: StruckMachine;

  constructor(machine: StruckMachine, traffic: PingTraffic, vlans: boolean) {
    this.#machine = machine;
    this.traffic = traffic;
    this.kinds = vlans ? ["flat", "vlan"] : ["flat"];
    this.reservedVlans = vlans ? [1] : [];
  }

  get crowd() {
    return { networks: this.kinds.includes("vlan") ? 4 : 1, point: (): Point => ({ kind: "tap" }), roundTrips: 400 };
  }

  own(n: number): Point {
    return { kind: "netns", namespace: places[n] ?? `none${n}` };
  }

  shared(n: number): Point {
    return { kind: "netns", namespace: shared, interface: `port${n}` };
  }

  /** A cable, whose far end lies outside, and namespaces to be in. */
  async build(): Promise<void> {
    const there = new Set((await namespaces()).map(({ name }) => name));
    await ipLines([
      "link set dev lo up",
      ...lasting.filter((name) => !there.has(name)).map((name) => `netns add ${name}`),
      `link add name up0 mtu 9000 address 02:00:00:00:00:a0 type veth peer name up1 netns ${outside} mtu 9000`,
      "link set dev up0 up",
      "link add name theirs address 02:00:00:00:00:b0 type bridge",
      `netns exec ${outside} ip link set dev up1 up`,
    ]);
  }

  /** @param kept namespaces that may stay: what was in them goes with its other end */
  async clear(kept: readonly string[] = lasting): Promise<void> {
    await this.traffic.dispose();
    const names = (await dump()).flatMap(({ ifname, group }) =>
      ifname && ifname !== "lo" && group !== ours ? [ifname] : [],
    );
    const spaces = (await namespaces()).filter(({ name }) => !kept.includes(name));
    await ipLines([
      // A thousand at once: one by one, the kernel waits for each to be out of use.
      `link del group ${ours}`,
      ...names.map((name) => `link del dev ${name}`),
      ...spaces.map(({ name }) => `netns del ${name}`),
    ]);
  }

  async restart(): Promise<void> {
    await this.clear([]);
    await this.build();
    this.#machine.restarted();
  }

  async facts(): Promise<readonly string[]> {
    const links = await dump();
    const spaces = await namespaces();
    const ids = new Set(links.map(({ link_netnsid }) => link_netnsid));
    const facts = [...links.map(factOf), ...spaces.map(({ name }) => `namespace ${name}`)];
    for (const { name, id } of spaces)
      if (id !== undefined && ids.has(id) && name !== outside)
        facts.push(...(await dump(name)).map((link) => `${name}: ${factOf(link)}`));
    if (this.kinds.includes("vlan")) {
      type Vlans = { ifname: string; vlans: { vlan: number; vlanEnd?: number; flags?: string[] }[] }[];
      const vlans = JSON.parse(await tool("bridge", "-j", "-compressvlans", "vlan", "show")) as Vlans;
      for (const { ifname, vlans: carried } of vlans)
        facts.push(...carried.map((vlan) => `${ifname} carries ${JSON.stringify(vlan)}`));
    }
    return facts;
  }

  roundTrips(): number {
    return this.#machine.runs;
  }

  async mtus({ point, portId }: AttachmentSpec): Promise<number[]> {
    const own = (await dump()).find(({ ifname }) => ifname === `rvp${markOf(portId)}`)?.mtu ?? 0;
    if (point.kind !== "netns") return [own];
    const inside = (await dump(point.namespace)).find(({ ifname }) => ifname === (point.interface ?? "eth0"));
    return [own, inside?.mtu ?? 0];
  }

  readonly unreachable = async () => {
    this.#machine.unreachable = true;
    return async () => {
      this.#machine.unreachable = false;
    };
  };

  fault(at: number, fault: CommandFault, abort: () => void): ArmedFault {
    return this.#machine.arm(at, fault, abort);
  }

  async killed(at: number, calls: readonly NetworkCall[]): Promise<"killed" | "finished"> {
    const script = new URL("killed-at-command.fixture.ts", import.meta.url).pathname;
    const args = ["--conditions=reeve-source", script, String(at), JSON.stringify(calls)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    const [status, signal] = (await once(child, "exit")) as [number | null, string | null];
    if (signal === "SIGKILL") return "killed";
    if (status === 0) return "finished";
    throw new Error(`the process to be killed ended with ${status ?? signal}`);
  }

  /** No member of our bridge, which would keep the bridge: the driver's own cases have that. */
  async plant(n: number): Promise<void> {
    await ipLines([
      `link add name foreign${n} group 99 mtu 1400 type bridge`,
      `link add name rvp00000000000${n} type veth peer name theirs${n}`,
      `link add name member${n} type veth peer name peer${n}`,
      `link set dev member${n} alias "somebody's" up`,
      `link set dev member${n} master foreign${n}`,
      `netns add theirs${n}`,
    ]);
  }

  async squat(squatter: Squatter): Promise<() => Promise<void>> {
    const { instead, spec } = squatter;
    const name = instead === "segment" ? `rvs${markOf(spec.networkId)}` : `rvp${markOf(spec.portId)}`;
    await tool("ip", "link", "add", "name", name, "group", "99", "type", "bridge");
    return async () => {
      await tool("ip", "link", "del", "dev", name);
    };
  }

  get meddlings(): readonly Meddling[] {
    const bridge = `rvb${markOf("dc1")}`;
    const nameOf = ({ portId }: AttachmentSpec) => `rvp${markOf(portId)}`;
    const ip = (what: string, line: (attached: AttachmentSpec) => string[]): Meddling => ({
      what,
      act: async (attached) => void (await tool("ip", ...line(attached))),
    });
    const vlan = (what: string, line: (attached: AttachmentSpec) => string[]): Meddling => ({
      what,
      act: async (attached) => void (await tool("bridge", "vlan", ...line(attached))),
    });
    const idOf = ({ segment }: AttachmentSpec) => String(segment.kind === "vlan" ? segment.vlanId : 1);
    const moved: Meddling = {
      what: "the port is moved to another bridge",
      act: async (port) => void (await tool("ip", "link", "set", "dev", nameOf(port), "master", "theirs")),
    };
    // What has to do with VLANs where there are any; the rest is the same without, where it takes a fraction of the time.
    if (this.kinds.includes("vlan"))
      return [
        ip("the bridge is deleted", () => ["link", "del", "dev", bridge]),
        vlan("the port's VLAN is removed", (port) => ["del", "dev", nameOf(port), "vid", idOf(port)]),
        vlan("the port carries another VLAN too", (port) => ["add", "dev", nameOf(port), "vid", "77"]),
        vlan("the uplink's VLAN is removed", (port) => ["del", "dev", "up0", "vid", idOf(port)]),
        ip("the bridge filters no more", () => ["link", "set", "dev", bridge, "type", "bridge", "vlan_filtering", "0"]),
      ];
    return [
      ip("the bridge is deleted", () => ["link", "del", "dev", bridge]),
      ip("the bridge is down", () => ["link", "set", "dev", bridge, "down"]),
      ip("the bridge's MTU is lowered", () => ["link", "set", "dev", bridge, "mtu", "1300"]),
      ip("the uplink is down", () => ["link", "set", "dev", "up0", "down"]),
      ip("the uplink leaves", () => ["link", "set", "dev", "up0", "nomaster"]),
      ip("the segment's alias is another", ({ networkId }) => [
        "link",
        "set",
        "dev",
        `rvs${markOf(networkId)}`,
        "alias",
        "x",
      ]),
      ip("the segment's link is deleted", ({ networkId }) => ["link", "del", "dev", `rvs${markOf(networkId)}`]),
      ip("the port leaves its bridge", (port) => ["link", "set", "dev", nameOf(port), "nomaster"]),
      ip("the port is deleted", (port) => ["link", "del", "dev", nameOf(port)]),
      ip("the port is down", (port) => ["link", "set", "dev", nameOf(port), "down"]),
      ip("the port's MTU is lowered", (port) => ["link", "set", "dev", nameOf(port), "mtu", "1300"]),
      ip("the port's alias is another", (port) => ["link", "set", "dev", nameOf(port), "alias", "x"]),
      moved,
    ];
  }
}

/** Nothing is printed where there was never one. */
async function namespaces(): Promise<{ name: string; id?: number }[]> {
  return JSON.parse((await tool("ip", "-j", "netns", "list")).trim() || "[]") as { name: string; id?: number }[];
}
