import { ciscoNetWith, httpsLink, type Link, type LinkRequest } from "@reeve/cisco-net";
import type { DriverCall, DriverLog, DriverSession } from "@reeve/driver-sdk";
import type {
  Attachment,
  AttachmentSpec,
  DetachSpec,
  Discarded,
  NetworkChange,
  NetworkInventory,
  NetworkStats,
  SegmentKey,
  SegmentSpec,
  VlanRanges,
} from "@reeve/driver-sdk/network";
import { type NexusSimulator, type NexusSimulatorOptions, nexusSimulator } from "@reeve/testing";
import { ShiftedClock } from "./shifted-clock.ts";

export type DriverOptions = Partial<Parameters<ReturnType<typeof ciscoNetWith>>[0]>;

export const silent: DriverLog = { debug() {}, info() {}, warn() {}, error() {} };

export function callWith(part: Partial<DriverCall> = {}): DriverCall {
  return { signal: new AbortController().signal, log: silent, epoch: 1, ...part };
}

export interface Setup {
  readonly nexus?: Omit<NexusSimulatorOptions, "clock">;
  readonly options?: DriverOptions;
  /** Gets between the driver and the switch. */
  readonly through?: (link: Link) => Link;
  readonly log?: DriverLog;
}

/** A simulated switch, a driver's session with it, and the driver's methods as a manager knows them. */
export class SwitchUnderTest implements AsyncDisposable {
  readonly nexus: NexusSimulator;
  readonly clock: ShiftedClock;
  readonly #setup: Setup;
  #session!: DriverSession;

  private constructor(nexus: NexusSimulator, clock: ShiftedClock, setup: Setup) {
    this.nexus = nexus;
    this.clock = clock;
    this.#setup = setup;
  }

  static async open(setup: Setup = {}): Promise<SwitchUnderTest> {
    const clock = new ShiftedClock();
    const nexus = await nexusSimulator({ interfaces: ["Ethernet1/1-16"], ...setup.nexus, clock });
    const under = new SwitchUnderTest(nexus, clock, setup);
    try {
      await under.connect();
    } catch (error) {
      await nexus.close();
      throw error;
    }
    nexus.audit.clear();
    return under;
  }

  /** Opens a session, the first or one more in place of the last. */
  async connect(): Promise<void> {
    const { options, through = (link) => link, log = silent } = this.#setup;
    const { url, ca, username, password } = this.nexus;
    const factory = ciscoNetWith({ clock: this.clock, connect: (target) => through(httpsLink(target)) });
    const interfaces = Array.from({ length: 8 }, (_, index) => `Ethernet1/${index + 1}`);
    const driver = factory({
      url,
      ca,
      username,
      password,
      physicalNetwork: "dc1",
      interfaces,
      saveAfter: false,
      ...options,
    });
    this.#session = await driver.setup(callWith({ log }));
  }

  async reconnect(): Promise<void> {
    await this.#session.close();
    await this.connect();
  }

  get session(): DriverSession {
    return this.#session;
  }

  ensure(networkId: string, vlanId: number, call?: Partial<DriverCall>): Promise<void> {
    return this.call("ensureSegment", segment(networkId, vlanId), call) as Promise<void>;
  }

  remove(networkId: string, vlanId: number, call?: Partial<DriverCall>): Promise<void> {
    const { mtu: _mtu, name: _name, ...key } = segment(networkId, vlanId);
    return this.call("removeSegment", key satisfies SegmentKey, call) as Promise<void>;
  }

  attach(spec: AttachmentSpec, call?: Partial<DriverCall>): Promise<Attachment> {
    return this.call("attach", spec, call) as Promise<Attachment>;
  }

  detach(spec: AttachmentSpec, { last = true, ...call }: Partial<DriverCall> & { last?: boolean } = {}): Promise<void> {
    return this.call("detach", { ...spec, last } satisfies DetachSpec, call) as Promise<void>;
  }

  discard(discarded: Discarded): Promise<void> {
    return this.call("discard", discarded) as Promise<void>;
  }

  list(call?: Partial<DriverCall>): Promise<NetworkInventory> {
    return this.call("list", undefined, call) as Promise<NetworkInventory>;
  }

  async stats(): Promise<NetworkStats> {
    return (await this.#session.stats!(callWith())) as NetworkStats;
  }

  check(): Promise<void> {
    return this.#session.check!(callWith());
  }

  async ranges(): Promise<VlanRanges> {
    return (await this.#session.abilities.vlans!.ranges!(undefined, transfer())) as VlanRanges;
  }

  async plan(change: NetworkChange): Promise<readonly string[]> {
    const plan = (await this.#session.abilities.plan!.plan!(change, transfer())) as { commands: readonly string[] };
    return plan.commands;
  }

  async save(): Promise<void> {
    await this.#session.abilities.persist!.save!({}, transfer());
  }

  async unsaved(): Promise<boolean> {
    return (await this.#session.abilities.persist!.unsaved!(undefined, transfer())) as boolean;
  }

  async call(method: string, input: unknown, call?: Partial<DriverCall>): Promise<unknown> {
    return this.#session.methods[method]!(input, { ...transfer(), ...call });
  }

  /** The configuration that the driver has sent and the switch has run. */
  configured(): string[] {
    return this.nexus.audit.commands({ who: "api", kind: "configure", refused: false });
  }

  /** The lines of an interface, or of a VLAN, in the running configuration. */
  section(head: string): string[] {
    const lines = this.nexus.runningConfig().split("\n");
    const at = lines.indexOf(head);
    if (at < 0) return [];
    const end = lines.findIndex((line, index) => index > at && !line.startsWith(" "));
    return lines.slice(at + 1, end < 0 ? undefined : end).map((line) => line.trim());
  }

  /** Reloads the switch; ten minutes later it is believed again. */
  async reload(): Promise<void> {
    await this.nexus.reload();
    this.clock.advance(600_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.close();
    await this.nexus.close();
  }
}

function transfer() {
  return { ...callWith(), progress() {} };
}

export function segment(networkId: string, vlanId: number): SegmentSpec {
  return { networkId, segment: { kind: "vlan", vlanId }, physicalNetwork: "dc1", mtu: 1500, name: `the ${networkId}` };
}

export function port(
  portId: string,
  networkId: string,
  vlanId: number,
  part: Partial<AttachmentSpec> = {},
): AttachmentSpec {
  const { name: _name, ...key } = segment(networkId, vlanId);
  const point = { kind: "switchport", interface: "Ethernet1/1", tagging: "tagged" } as const;
  return { ...key, portId, generation: 1, mac: "fa:16:3e:00:00:01", addresses: [], gateways: [], point, ...part };
}

export function at(interfaceNumber: number, tagging: "tagged" | "untagged" = "tagged"): Pick<AttachmentSpec, "point"> {
  return { point: { kind: "switchport", interface: `Ethernet1/${interfaceNumber}`, tagging } };
}

/** A link that lets a test see and touch each request. */
export function tapped(onPost: (request: LinkRequest, post: Link["post"], index: number) => ReturnType<Link["post"]>) {
  let index = 0;
  return (link: Link): Link => ({
    post: (request) => onPost(request, (one) => link.post(one), ++index),
    close: () => link.close(),
  });
}
