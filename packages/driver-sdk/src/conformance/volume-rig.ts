import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Driver, DriverSession } from "../driver.ts";
import type { DriverOwner, Fenced } from "../driver-call.ts";
import type { Inventory, Source, VolumeDriverPort } from "../volume/index.ts";
import { type BareClient, bareClient, silentLog } from "./bare-client.ts";

export interface VolumeBackend {
  readonly driver: Driver<VolumeDriverPort>;
  /** Takes the device down when the case is over. */
  dispose?(): Promise<void> | void;
}

export type MakeBackend = () => Promise<VolumeBackend> | VolumeBackend;

export interface RigOptions {
  readonly sizeGiB: number;
  readonly fillBytes: number;
  readonly callTimeoutMs: number;
}

/** A session beside the rig's own, as another process would have it. */
export interface Member {
  readonly driver: BareClient<VolumeDriverPort>;
}

const ownHost = "conformance";

/** A driver that is set up, and what the cases do with it. */
export class VolumeRig {
  /** The smallest volume. */
  readonly sizeGiB: number;
  readonly fillBytes: number;
  readonly #driver: Driver<VolumeDriverPort>;
  readonly #callTimeoutMs: number;
  #session: DriverSession;
  #client: BareClient<VolumeDriverPort>;
  readonly #members: DriverSession[] = [];

  private constructor(driver: Driver<VolumeDriverPort>, options: RigOptions, session: DriverSession) {
    this.#driver = driver;
    this.sizeGiB = options.sizeGiB;
    this.fillBytes = options.fillBytes;
    this.#callTimeoutMs = options.callTimeoutMs;
    this.#session = session;
    this.#client = bareClient(driver, session, options.callTimeoutMs);
  }

  static async open(driver: Driver<VolumeDriverPort>, options: RigOptions): Promise<VolumeRig> {
    return new VolumeRig(driver, options, await setUp(driver));
  }

  get driver(): BareClient<VolumeDriverPort> {
    return this.#client;
  }

  get sizeBytes(): number {
    return this.sizeGiB * 2 ** 30;
  }

  async close(): Promise<void> {
    await this.#closeMembers();
    await this.#session.close();
  }

  /** Sets the driver up as a member of the rig's cluster, at the address and in the epoch given. */
  async join({ address, epoch }: Fenced): Promise<Member> {
    const session = await setUp(this.#driver, ownerAt(address), epoch);
    this.#members.push(session);
    return { driver: bareClient(this.#driver, session, this.#callTimeoutMs, epoch) };
  }

  async fence(fenced: Fenced): Promise<void> {
    await this.#session.fence!(fenced, { signal: new AbortController().signal, log: silentLog, epoch: 1 });
  }

  /** What a restart of the process does to a driver that was stopped in good order. */
  async restart(): Promise<void> {
    await this.close();
    this.#session = await setUp(this.#driver);
    this.#client = bareClient(this.#driver, this.#session, this.#callTimeoutMs);
  }

  async #closeMembers(): Promise<void> {
    for (const session of this.#members.splice(0)) await session.close();
  }

  create(id: string, sizeGiB = this.sizeGiB): Promise<void> {
    return this.driver.create({ id, sizeGiB });
  }

  /** Ids of the volumes, sorted. */
  async ids(): Promise<string[]> {
    const { volumes } = await this.driver.list();
    return volumes.map(({ id }) => id).sort();
  }

  async volume(id: string): Promise<Inventory["volumes"][number] | undefined> {
    const { volumes } = await this.driver.list();
    return volumes.find((volume) => volume.id === id);
  }

  /** Writes as a user of the volume would, through its connection, and waits until it is on the device. */
  async write(id: string, data: Uint8Array, offset = 0): Promise<void> {
    const { path } = await this.driver.connect({ id });
    const device = await open(path, "r+");
    try {
      await device.write(data, 0, data.length, offset);
      await device.sync();
    } finally {
      await device.close();
    }
    await this.driver.disconnect({ id });
  }

  async read(id: string, offset: number, length: number): Promise<Buffer> {
    const { path } = await this.driver.connect({ id });
    const device = await open(path, "r");
    try {
      const { buffer, bytesRead } = await device.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await device.close();
      await this.driver.disconnect({ id });
    }
  }

  /** Asserts that a volume holds that data. Not by deepEqual, which takes minutes to tell two large buffers apart. */
  async holds(id: string, data: Buffer, offset = 0): Promise<void> {
    const found = await this.read(id, offset, data.length);
    assert.ok(found.equals(data), `volume ${id} holds something else in the ${data.length} bytes at ${offset}`);
  }

  /** Checksum of the first bytes of a volume, all of the smallest one by default. */
  async checksum(id: string, bytes = this.sizeBytes): Promise<string> {
    const hash = createHash("sha256");
    const step = 4 * 2 ** 20;
    for (let offset = 0; offset < bytes; offset += step) {
      const wanted = Math.min(step, bytes - offset);
      const chunk = await this.read(id, offset, wanted);
      assert.equal(chunk.length, wanted, `volume ${id} ends at ${offset + chunk.length} bytes`);
      hash.update(chunk);
    }
    return hash.digest("hex");
  }

  /** A volume of the smallest size with content at its start, its middle and its end. Resolves with its checksum. */
  async filled(id: string, seed = 1): Promise<string> {
    await this.create(id);
    await this.scribble(id, seed);
    return this.checksum(id);
  }

  async scribble(id: string, seed: number): Promise<void> {
    const bytes = 100_000;
    const spots = [0, Math.floor(this.sizeBytes / 2) - 1_000, this.sizeBytes - bytes];
    for (const [i, offset] of spots.entries()) await this.write(id, pattern(seed * 10 + i, bytes), offset);
  }

  /** Asserts that a call is refused with one of these codes. */
  async refuses(codes: string | readonly string[], call: Promise<unknown>): Promise<void> {
    const allowed = [codes].flat();
    const error = await call.then(
      () => assert.fail(`succeeded; ${allowed.join(" or ")} was expected`),
      (thrown: unknown) => thrown,
    );
    const { code } = error as { code?: string };
    assert.ok(
      code !== undefined && allowed.includes(code),
      `${allowed.join(" or ")} was expected, got ${String(error)}`,
    );
  }

  /** Asserts that a source reads the same as that checksum says. */
  async sameContent(source: Source, checksum: string): Promise<void> {
    if (source.kind === "volume") return assert.equal(await this.checksum(source.id), checksum);
    const id = `${source.id}-reading`;
    await this.driver.clones.clone({ id, sizeGiB: this.sizeGiB, from: source });
    assert.equal(await this.checksum(id), checksum);
    await this.driver.delete({ id });
  }
}

function ownerAt(address: string): DriverOwner {
  return { host: address.split("@")[0]!, address, manager: "volume", cluster: ownHost };
}

function setUp(driver: Driver<VolumeDriverPort>, owner = ownerAt(ownHost), epoch = 1): Promise<DriverSession> {
  return driver.setup({ signal: new AbortController().signal, log: silentLog, epoch, owner });
}

/** Bytes that repeat for a seed, look like noise and hold no block of zeros (xorshift32). */
export function pattern(seed: number, bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, bytes);
}
