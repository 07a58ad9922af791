import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Driver, DriverSession } from "../../driver.ts";
import {
  type Attachment,
  type AttachmentSpec,
  markOf as hashedMarkOf,
  type ListedAttachment,
  type NetworkDriverPort,
  type NetworkInventory,
  type Point,
  type Segment,
  type SegmentSpec,
} from "../../network/index.ts";
import { type BareClient, bareClient, silentLog } from "../bare-client.ts";
import type { CommandFault, NetworkBackend, NetworkDevice } from "./network-device.ts";

export interface NetworkRigOptions {
  readonly callTimeoutMs: number;
  readonly crowd: number;
  readonly listWithinMs: number;
}

/** How long a case waits for what flows to arrive. */
const arrivesWithinMs = 10_000;
const pauseMs = 10;

type Signal = { readonly signal?: AbortSignal };

/** A driver that is set up, and what the cases do with it and its device. */
export class NetworkRig {
  readonly device: NetworkDevice;
  readonly options: NetworkRigOptions;
  readonly #driver: Driver<NetworkDriverPort>;
  readonly #vlans: readonly number[];
  #session: DriverSession;
  #client: BareClient<NetworkDriverPort>;
  /** What is attached, by port: who is the last at a place is the caller's to count. */
  readonly #attached = new Map<string, AttachmentSpec>();

  private constructor(
    { driver, device }: NetworkBackend,
    options: NetworkRigOptions,
    session: DriverSession,
    client: BareClient<NetworkDriverPort>,
    vlans: readonly number[],
  ) {
    this.#driver = driver;
    this.device = device;
    this.options = options;
    this.#session = session;
    this.#client = client;
    this.#vlans = vlans;
  }

  static async open(backend: NetworkBackend, options: NetworkRigOptions): Promise<NetworkRig> {
    const session = await setUp(backend.driver);
    const client = bareClient(backend.driver, session, options.callTimeoutMs);
    const { usable } = backend.driver.abilities.includes("vlans") ? await client.vlans.ranges() : { usable: [] };
    const vlans = usable.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
    return new NetworkRig(backend, options, session, client, vlans);
  }

  get driver(): BareClient<NetworkDriverPort> {
    return this.#client;
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** What a restart of the process does to a driver. */
  async restart(): Promise<void> {
    await this.#session.close();
    this.#session = await setUp(this.#driver);
    this.#client = bareClient(this.#driver, this.#session, this.options.callTimeoutMs);
  }

  /** Sets the driver up once more, on the same device. */
  async setUpAgain(): Promise<void> {
    const session = await setUp(this.#driver);
    await session.close();
  }

  /** The n-th network, from 0. */
  network(n: number, change: Partial<SegmentSpec> = {}): SegmentSpec {
    const vlanId = this.#vlans[n];
    const segment: Segment = vlanId === undefined ? { kind: "flat" } : { kind: "vlan", vlanId };
    const { physicalNetwork } = this.device;
    return { networkId: `network-${n}`, segment, physicalNetwork, mtu: 1500, name: `network ${n}`, ...change };
  }

  /** The n-th port, from 0, in a network; at a place of its own unless it is said where. */
  port(n: number, network: SegmentSpec, change: Partial<AttachmentSpec> = {}): AttachmentSpec {
    const { networkId, segment, physicalNetwork, mtu } = network;
    const [high, low] = [(n + 1) >> 8, (n + 1) & 255];
    return {
      portId: `port-${n}`,
      generation: 1,
      networkId,
      segment,
      physicalNetwork,
      mtu,
      mac: `fa:16:3e:00:${[high, low].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`,
      addresses: [`10.7.${high}.${low}/16`],
      gateways: [],
      point: change.point ?? this.device.own(n),
      ...change,
    };
  }

  ensure(network: SegmentSpec, options?: Signal): Promise<void> {
    return this.driver.ensureSegment(network, options);
  }

  remove({ networkId, segment, physicalNetwork }: SegmentSpec, options?: Signal): Promise<void> {
    return this.driver.removeSegment({ networkId, segment, physicalNetwork }, options);
  }

  async attach(port: AttachmentSpec, options?: Signal): Promise<Attachment> {
    const attachment = await this.driver.attach(port, options);
    this.#attached.set(port.portId, port);
    return attachment;
  }

  async detach(port: AttachmentSpec, options?: Signal): Promise<void> {
    const { portId, generation, networkId, segment, physicalNetwork, point } = port;
    const last = ![...this.#attached.values()].some(
      (other) => other.portId !== portId && other.networkId === networkId && placeOf(other) === placeOf(port),
    );
    const key = { portId, generation, networkId, segment, physicalNetwork, point, last };
    await this.driver.detach(key, options);
    this.#attached.delete(portId);
  }

  /** Detaches ports at once, but those that share a place one after the other: who is the last there has to be counted. */
  async detachAll(ports: readonly AttachmentSpec[]): Promise<void> {
    const groups = Map.groupBy(ports, (port) => `${port.networkId} ${placeOf(port)}`);
    await Promise.all(
      [...groups.values()].map(async (group) => {
        for (const port of group) await this.detach(port);
      }),
    );
  }

  /** Makes a call and lists while it sends its n-th command; undefined when it sends fewer. */
  async listedDuring(at: number, call: () => Promise<unknown>): Promise<NetworkInventory | undefined> {
    const listings: Promise<NetworkInventory>[] = [];
    const armed = await this.device.fault(at, "abort", () => listings.push(this.driver.list()));
    await call();
    await armed.disarm();
    return listings[0];
  }

  /** Runs a call with a fault on its n-th command. */
  async faulted<T>(
    at: number,
    fault: CommandFault,
    call: (options: { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<{ readonly struck: boolean; readonly outcome: PromiseSettledResult<T> }> {
    const controller = new AbortController();
    const armed = await this.device.fault(at, fault, () => controller.abort());
    const [outcome] = await Promise.allSettled([call({ signal: controller.signal })]);
    await armed.disarm();
    if (outcome.status === "rejected") requireSettled(outcome.reason);
    return { struck: armed.struck, outcome };
  }

  async facts(): Promise<readonly string[]> {
    return [...(await this.device.facts())].sort();
  }

  /** Asserts that the device is as it was. */
  async unchanged(before: readonly string[], because: string): Promise<void> {
    assert.deepEqual(await this.facts(), before, because);
  }

  /** What is listed, in an order that depends on nothing. */
  async listed(): Promise<NetworkInventory> {
    const { incarnation, segments, attachments, leftovers, foreign } = await this.driver.list();
    const sorted = <T>(things: readonly T[]) =>
      [...things].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
    return {
      incarnation,
      segments: sorted(segments),
      attachments: sorted(attachments),
      leftovers: sorted(leftovers),
      foreign: sorted(foreign),
    };
  }

  /** Asserts that exactly these are listed, as they are to be, each once, and that nothing is left over. */
  async carries(networks: readonly SegmentSpec[], ports: readonly AttachmentSpec[]): Promise<void> {
    const { segments, attachments, leftovers } = await this.listed();
    assert.deepEqual(leftovers, [], "something is left over");
    const expected = networks.map(({ networkId, segment, physicalNetwork }) => ({
      mark: markOf(networkId),
      segment,
      physicalNetwork,
      differs: [],
    }));
    const byMark = (one: { mark: string }, other: { mark: string }) => one.mark.localeCompare(other.mark);
    assert.deepEqual(
      segments
        .map(({ mark, segment, physicalNetwork, differs }) => ({ mark, segment, physicalNetwork, differs }))
        .sort(byMark),
      expected.sort(byMark),
      "other segments are listed",
    );
    for (const port of ports)
      assert.equal(
        attachments.filter((listed) => isOf(listed, port)).length,
        1,
        `port ${port.portId} is not listed once and as it is to be: ${shown(attachments)}`,
      );
    for (const listed of attachments)
      assert.ok(
        ports.some((port) => isOf(listed, port)),
        `something else is listed as attached: ${shown([listed])}`,
      );
  }

  /** Asserts that a call is refused with one of these codes. */
  async refuses(codes: string | readonly string[], call: Promise<unknown>, what = ""): Promise<unknown> {
    const allowed = [codes].flat();
    const error = await call.then(
      () => assert.fail(`${what} succeeded; ${allowed.join(" or ")} was expected`),
      (thrown: unknown) => thrown,
    );
    const { code } = error as { code?: string };
    assert.ok(
      code !== undefined && allowed.includes(code),
      `${what}: ${allowed.join(" or ")} was expected, got ${String(error)}`,
    );
    return error;
  }

  /** Waits until a condition holds; what flows, and what the device does by itself, takes its time. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + arrivesWithinMs;
    while (!(await holds())) {
      assert.ok(performance.now() < end, `${what} within ${arrivesWithinMs} ms`);
      await after(pauseMs);
    }
  }
}

const marks = new Map<string, string>();

/** Remembered: a thousand ports are compared with a thousand listed. */
function markOf(id: string): string {
  const mark = marks.get(id) ?? hashedMarkOf(id);
  marks.set(id, mark);
  return mark;
}

/** Asserts that a call ended of itself. */
export function requireSettled(error: unknown): void {
  assert.doesNotMatch(String(error), /did not return within/);
}

/** Whether what is listed is a port, as it is to be. What the device keeps no record of counts for nothing. */
function isOf(listed: ListedAttachment, port: AttachmentSpec): boolean {
  const { mark, portId, generation, mac, mtu, addresses, differs } = listed;
  return (
    (mark ?? markOf(port.portId)) === markOf(port.portId) &&
    (portId ?? port.portId) === port.portId &&
    (generation ?? port.generation) === port.generation &&
    (mac ?? port.mac) === port.mac &&
    (mtu ?? port.mtu) === port.mtu &&
    isDeepStrictEqual([...(addresses ?? port.addresses)].sort(), [...port.addresses].sort()) &&
    listed.physicalNetwork === port.physicalNetwork &&
    isDeepStrictEqual(listed.segment, port.segment) &&
    isAt(listed.point, port.point) &&
    differs.length === 0
  );
}

function isAt(found: Point, wanted: Point): boolean {
  if (found.kind !== "netns" || wanted.kind !== "netns") return isDeepStrictEqual(found, wanted);
  return (
    (wanted.namespace ?? found.namespace) === found.namespace &&
    (wanted.interface ?? found.interface) === found.interface
  );
}

/** Ports of one place are told apart by nothing that the device has of it. */
function placeOf({ point, portId }: AttachmentSpec): string {
  if (point.kind === "switchport") return point.interface;
  if (point.kind === "netns" && point.namespace !== undefined) return point.namespace;
  return ` ${portId}`;
}

function shown(attachments: readonly ListedAttachment[]): string {
  return JSON.stringify(attachments.slice(0, 5));
}

function setUp(driver: Driver<NetworkDriverPort>): Promise<DriverSession> {
  return driver.setup({ signal: new AbortController().signal, log: silentLog, epoch: 1 });
}
