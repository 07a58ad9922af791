import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Ref } from "@reeve/contract";
import { markOf } from "@reeve/driver-sdk/network";
import { check, complaintsIn, type Teller, until } from "@reeve/example-telling";
import { allTenants, operator } from "@reeve/managers";
import { type Network, networks, type Point, type Port, type Subnet, type Wire } from "@reeve/managers/network";
import { nats } from "@reeve/nats";
import { type Connection, connect } from "@reeve/runtime";
import { type NatsServer, type NexusSimulator, natsServer, nexusSimulator } from "@reeve/testing";
import { HostProcess } from "./host-process.ts";
import { answers, ipLines } from "./kernel.ts";
import type { Settings } from "./settings.ts";

export const managers = { lan: "net-01@lan", rack: "net-01@rack", a: "net-01@switch-a", b: "net-01@switch-b" } as const;
export type Place = keyof typeof managers;

/** What an operator has configured on each switch before Reeve came: voice is his, and stays. */
const configured = `
vlan 7
name voice
interface e1/1-2
switchport
switchport mode trunk
switchport trunk allowed vlan 7
`;

/** Everything that the example runs on, inside the lab kernel, and what the steps have made so far. */
export class House {
  readonly directory = "/run/networks";
  readonly made = new Map<string, Network | Subnet | Port>();
  readonly wires = new Map<string, Wire>();
  readonly #broker: NatsServer;
  readonly #client: Connection;
  readonly switches: Readonly<Record<"a" | "b", NexusSimulator>>;
  host: HostProcess | undefined;
  /** What switch-a carried when it was reloaded. */
  carriedBefore: string | undefined;

  private constructor(broker: NatsServer, client: Connection, switches: House["switches"]) {
    this.#broker = broker;
    this.#client = client;
    this.switches = switches;
  }

  static async open(): Promise<House> {
    mkdirSync("/run/networks", { recursive: true });
    const [broker, a, b] = await Promise.all([
      natsServer(),
      nexusSimulator({ interfaces: ["Ethernet1/1-4"], configuration: configured }),
      nexusSimulator({ interfaces: ["Ethernet1/1-4"], configuration: configured }),
      // The host's way to the rack: a cable whose other end nobody holds.
      ipLines("link add name eth1 type veth peer name wall", "link set dev eth1 up", "link set dev wall up"),
    ]);
    return new House(broker, await connect({ transport: nats({ servers: broker.url, caller: "cli" }) }), { a, b });
  }

  /** As an operator of all tenants calls the managers. */
  get network(): Ref<typeof networks> {
    return this.#client.as({ user: "ada", roles: [operator, allTenants] }).ref(networks);
  }

  async start(): Promise<HostProcess> {
    const access = (backend: string, { url, ca, username, password }: NexusSimulator) => ({
      backend,
      url,
      ca,
      username,
      password,
    });
    const settings: Settings = {
      servers: this.#broker.url,
      directory: this.directory,
      switches: [access("switch-a", this.switches.a), access("switch-b", this.switches.b)],
    };
    this.host = await HostProcess.start(settings);
    return this.host;
  }

  /** Something that an earlier step has made. */
  the(name: string) {
    const made = this.made.get(name);
    check(made !== undefined, `no step has made ${name}`);
    return made;
  }

  async port(network: string, name: string): Promise<Port> {
    const port = await this.network.createPort({ networkId: this.the(network).id, name });
    this.made.set(name, port);
    return port;
  }

  /** Attaches a port, from its first step to its last. */
  async attach(name: string, place: Place, as?: Point): Promise<Wire> {
    const attaching = this.network.attach({ portId: this.the(name).id, host: managers[place], ...(as && { as }) });
    for await (const _ of attaching);
    const wire = await attaching.result;
    this.wires.set(name, wire);
    return wire;
  }

  /** The namespace that a port was put into. */
  namespace(name: string): string {
    const wire = this.wires.get(name);
    check(wire?.kind === "netns", `${name} is in no namespace`);
    return wire.namespace;
  }

  /** The first address of a port. */
  ip(name: string, family: 4 | 6 = 4): string {
    const port = this.the(name) as Port;
    const address = port.addresses.find(({ ip }) => ip.includes(":") === (family === 6));
    check(address !== undefined, `${name} has no IPv${family} address`);
    return address.ip;
  }

  /** Whether one port's namespace reaches another port's address. */
  reaches(from: string, to: string, family: 4 | 6 = 4): Promise<boolean> {
    return answers(this.namespace(from), this.ip(to, family));
  }

  /** Soon: an IPv6 address is tentative for a second or two. @throws Error when it does not, by IPv4 or by IPv6 */
  async mustReach(from: string, to: string, tell: Teller): Promise<void> {
    const reached = async (family: 4 | 6) => (await this.reaches(from, to, family)) || undefined;
    await Promise.all(
      ([4, 6] as const).map((family) =>
        until(`${from} to reach ${to} at ${this.ip(to, family)}`, () => reached(family)),
      ),
    );
    tell.say(`${from} reaches ${to} at ${this.ip(to)} and ${this.ip(to, 6)}`);
  }

  /** @throws Error when a switch does not carry these networks, or no longer its operator's own VLAN */
  mustCarry(name: "a" | "b", wanted: readonly string[]): void {
    const configuration = this.switches[name].runningConfig();
    check(configuration.includes("name voice"), `switch-${name} has lost its VLAN 7`);
    for (const network of wanted) {
      const mark = `rv-${markOf(this.the(network).id)}`;
      check(configuration.includes(mark), `switch-${name} does not carry ${network}:\n${configuration}`);
    }
  }

  switchConfigurations() {
    const { a, b } = this.switches;
    const of = (each: NexusSimulator) => ({ runningConfig: each.runningConfig(), startupConfig: each.startupConfig() });
    return { a: of(a), b: of(b) };
  }

  /** How many of these ports are attached. */
  async attached(names: readonly string[]): Promise<number> {
    return (await this.ports()).filter(({ name, status }) => names.includes(name) && status === "active").length;
  }

  async ports(): Promise<Port[]> {
    const all: Port[] = [];
    for await (const port of this.network.listPorts.each({})) all.push(port);
    return all;
  }

  /** The last warnings and errors of the host's log, one line each. */
  complaints(): string {
    return complaintsIn(join(this.directory, "reeve.log"));
  }

  async close(): Promise<void> {
    this.host?.abandon();
    await this.#client.close();
    await Promise.all([this.switches.a.close(), this.switches.b.close()]);
    await this.#broker.close();
  }
}
