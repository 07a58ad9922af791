import type { DriverSession, TransferCall } from "@reeve/driver-sdk";
import type { CloneSpec, Inventory, SnapshotKey, Source, VolumeSpec, VolumeStats } from "@reeve/driver-sdk/volume";
import { fileVolumes } from "./file-volumes.ts";

type Options = Parameters<typeof fileVolumes>[0];

export function callWith(part: Partial<TransferCall> = {}): TransferCall {
  return {
    signal: new AbortController().signal,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    epoch: 1,
    progress() {},
    ...part,
  };
}

/** A driver that is set up, and its methods as a manager knows them. */
export class TestSession {
  readonly #session: DriverSession;

  private constructor(session: DriverSession) {
    this.#session = session;
  }

  static async open(options: Options): Promise<TestSession> {
    return new TestSession(await fileVolumes(options).setup(callWith()));
  }

  create(spec: VolumeSpec): Promise<void> {
    return this.#call("create", spec) as Promise<void>;
  }

  extend(spec: VolumeSpec): Promise<void> {
    return this.#call("extend", spec) as Promise<void>;
  }

  delete(id: string): Promise<void> {
    return this.#call("delete", { id }) as Promise<void>;
  }

  connect(id: string): Promise<{ path: string }> {
    return this.#call("connect", { id }) as Promise<{ path: string }>;
  }

  list(call?: Partial<TransferCall>): Promise<Inventory> {
    return this.#call("list", undefined, call) as Promise<Inventory>;
  }

  async stats(): Promise<VolumeStats> {
    return (await this.#session.stats!(callWith())) as VolumeStats;
  }

  check(): Promise<void> {
    return this.#session.check!(callWith());
  }

  async snapshot(key: SnapshotKey, call?: Partial<TransferCall>): Promise<void> {
    await this.#session.abilities.snapshots!.create!(key, callWith(call));
  }

  async clone(spec: CloneSpec, call?: Partial<TransferCall>): Promise<void> {
    await this.#session.abilities.clones!.clone!(spec, callWith(call));
  }

  /** What is a function runs when the import has come that far. */
  async import(spec: VolumeSpec, ...data: (Uint8Array | (() => Promise<void>))[]): Promise<void> {
    const chunks = (async function* () {
      for (const part of data)
        if (typeof part === "function") await part();
        else yield part;
    })();
    await this.#session.abilities.images!.import!({ ...spec, data: chunks }, callWith());
  }

  async export(source: Source): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#session.abilities.images!.export!(source, callWith()) as AsyncIterable<Uint8Array>)
      chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async #call(name: string, input: unknown, call?: Partial<TransferCall>): Promise<unknown> {
    return this.#session.methods[name]!(input, callWith(call));
  }
}
