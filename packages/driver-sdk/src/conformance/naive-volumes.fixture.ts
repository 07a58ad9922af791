import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { defineDriver } from "../define-driver.ts";
import type { Fenced, SetupContext, TransferCall } from "../driver-call.ts";
import { DriverError } from "../driver-error.ts";
import { requireId, type Source, sizeBytes, sizeGiB, volumeDriver } from "../volume/index.ts";

/** One promise broken at a time, as a careless author would. */
export const faults = [
  "create overwrites",
  "create is not exclusive",
  "create keeps old content",
  "create is too small",
  "delete fails when there is nothing",
  "delete takes another",
  "ids are not checked",
  "sizes are not checked",
  "unknown ids are errors of its own",
  "extend wipes",
  "extend shrinks",
  "snapshot shares storage",
  "snapshot replaces",
  "snapshot of another size",
  "clone shares storage",
  "clone loses its end",
  "clone is as small as its source",
  "clone says nothing",
  "import in place",
  "import mixes chunks up",
  "import takes too much",
  "import is deaf",
  "export stops early",
  "stats claim more free than there is",
  "stats forget",
  "stats invent",
  "set-up wipes",
  "work in progress is left over",
  "full is an error of its own",
  "create comes late",
  "deletion comes late",
  "extension comes late",
  "snapshot comes late",
  "snapshot's deletion comes late",
  "clone comes late",
  "import comes late",
  "a fence does nothing",
  "a fence is looked at once",
  "a fence waits for nothing",
  "a fence ends open sessions only",
  "a fence stops every epoch",
  "a fence stops every address",
  "a fence is lifted",
  "a fence is forgotten",
  "a fence says nothing clear",
  "members share no books",
] as const;

export type Fault = (typeof faults)[number];

const options = z.object({
  root: z.string(),
  capacityBytes: z.number().default(2 ** 40),
  fault: z.enum(faults).optional(),
});

/** By root and address. */
const openSessions = new Set<string>();

class Naive {
  readonly root: string;
  readonly capacityBytes: number;
  readonly fault: Fault | undefined;
  readonly address: string;
  readonly epoch: number;
  readonly partials = new Set<string>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor({ root, capacityBytes, fault }: z.output<typeof options>, { owner, epoch }: SetupContext) {
    this.address = owner?.address ?? "";
    this.epoch = epoch;
    this.root = root;
    this.capacityBytes = capacityBytes;
    this.fault = fault;
  }

  has(fault: Fault): boolean {
    return this.fault === fault;
  }

  #fencePath(address: string): string {
    return join(this.root, "fence", this.has("a fence stops every address") ? "all" : encodeURIComponent(address));
  }

  /** The lowest epoch that is served. */
  #served(address: string): number {
    try {
      return Number(readFileSync(this.#fencePath(address), "utf8"));
    } catch {
      return 0;
    }
  }

  fence({ address, epoch }: Fenced): void {
    if (this.has("a fence does nothing")) return;
    if (this.has("a fence ends open sessions only") && !openSessions.has(`${this.root} ${address}`)) return;
    const lowest = this.has("a fence is lifted") ? epoch : Math.max(epoch, this.#served(address));
    mkdirSync(join(this.root, "fence"), { recursive: true });
    writeFileSync(this.#fencePath(address), String(this.has("a fence stops every epoch") ? 1e9 : lowest));
  }

  /** At the step that takes effect, and in one go with it: all members of a test are in this process. */
  async commit(step: () => void): Promise<void> {
    if (!this.has("a fence is looked at once")) this.requireServed();
    if (this.has("a fence waits for nothing")) await this.#fencedMeanwhile();
    step();
  }

  /** Paused until a fence has come, or none does, and until its caller has looked at the device. */
  async #fencedMeanwhile(): Promise<void> {
    for (let ms = 0; ms < 200 && this.epoch >= this.#served(this.address); ms++) await after(1);
    await after(50);
  }

  requireServed(): void {
    if (this.epoch >= this.#served(this.address)) return;
    throw this.has("a fence says nothing clear")
      ? new Error("no")
      : new DriverError("ABORTED", `${this.address}: epoch ${this.epoch} was fenced`, { retryable: false });
  }

  /** Whatever concerns one id, one after the other. */
  exclusively<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.has("create is not exclusive")) return work();
    const mine = (this.#last.get(id) ?? Promise.resolve()).then(work);
    this.#last.set(
      id,
      mine.catch(() => {}),
    );
    return mine;
  }

  /** As a device behind a queue of its own: an abort ends the waiting for it, and what was sent is done some time later. */
  async sent<T>(fault: Fault, given: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.has(fault)) return work(given);
    const aborted = new Promise<never>((_resolve, reject) => {
      if (given.aborted) reject(given.reason);
      else given.addEventListener("abort", () => reject(given.reason), { once: true });
    });
    const done = after(40).then(() => work(new AbortController().signal));
    done.catch(() => {});
    return Promise.race([done, aborted]);
  }

  path(source: Source): string {
    const ids = source.kind === "volume" ? [source.id] : [source.volumeId, source.id];
    if (!this.has("ids are not checked")) for (const id of ids) requireId("id", id);
    return join(this.root, source.kind, ids.map((id) => encodeURIComponent(String(id)) || "%").join("@"));
  }

  async find(source: Source): Promise<number | undefined> {
    return stat(this.path(source)).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  async existing(source: Source): Promise<number> {
    const bytes = await this.find(source);
    if (bytes !== undefined) return bytes;
    throw this.has("unknown ids are errors of its own")
      ? new Error("no such file")
      : new DriverError("NOT_FOUND", `${source.kind} ${source.id} does not exist`);
  }

  size(size: number): number {
    return this.has("sizes are not checked")
      ? Math.max(1, Math.min(2 ** 40, (size || 1) * 2 ** 30))
      : sizeBytes("size", size);
  }

  async names(kind: Source["kind"] | "partial"): Promise<string[]> {
    return (await readdir(join(this.root, kind))).map(decodeURIComponent);
  }

  async usedBytes(): Promise<number> {
    let used = 0;
    for (const kind of ["volume", "snapshot", "partial"])
      for (const name of await readdir(join(this.root, kind))) {
        const found = await stat(join(this.root, kind, name)).catch(() => undefined);
        used += (found?.blocks ?? 0) * 512;
      }
    return used;
  }

  async make(source: Source, signal: AbortSignal, fill: (path: string) => Promise<void>): Promise<void> {
    const path = this.path(source);
    await this.exclusively(source.id, async () => {
      if (!this.has("import is deaf")) signal.throwIfAborted();
      this.requireServed();
      const overwrites = this.has("create overwrites") || (source.kind === "snapshot" && this.has("snapshot replaces"));
      if (!overwrites && (await this.find(source)) !== undefined)
        throw new DriverError("ALREADY_EXISTS", `${source.kind} ${source.id} exists`);
      await nextTurn();
      const partial = this.has("import in place") ? path : join(this.root, "partial", source.id);
      this.partials.add(source.id);
      try {
        await fill(partial);
        if (!this.has("import is deaf")) signal.throwIfAborted();
        await this.commit(() => renameSync(partial, path));
      } catch (error) {
        if (!this.has("import in place")) await rm(partial, { force: true });
        throw error;
      } finally {
        this.partials.delete(source.id);
      }
    });
  }

  async remove(source: Source): Promise<void> {
    const path = this.path(source);
    await this.exclusively(source.id, async () => {
      if (this.has("delete fails when there is nothing")) await this.existing(source);
      if (this.has("delete takes another"))
        for (const name of (await readdir(join(this.root, source.kind))).slice(0, 1))
          await rm(join(this.root, source.kind, name));
      if (this.has("create keeps old content")) await copyFile(path, join(this.root, "old")).catch(() => {});
      this.requireServed();
      await nextTurn();
      await this.commit(() => rmSync(path, { force: true }));
    });
  }

  async write(path: string, data: Uint8Array, offset: number): Promise<void> {
    if ((await this.usedBytes()) + data.length > this.capacityBytes)
      throw this.has("full is an error of its own")
        ? new Error("ENOSPC")
        : new DriverError("RESOURCE_EXHAUSTED", "the device is full");
    const file = await open(path, "r+");
    await file.write(data, 0, data.length, offset);
    await file.close();
  }

  async copy(from: Source, to: Source, wanted: number | undefined, { signal, progress }: TransferCall): Promise<void> {
    const bytes = await this.existing(from);
    if (wanted !== undefined && wanted < bytes) throw new DriverError("INVALID_ARGUMENT", "smaller than its source");
    const shares = this.has(to.kind === "volume" ? "clone shares storage" : "snapshot shares storage");
    await this.make(to, signal, async (path) => {
      if (shares) return link(this.path(from), path);
      if ((await this.usedBytes()) + bytes > this.capacityBytes) await this.write(path, Buffer.alloc(bytes), 0);
      await copyFile(this.path(from), path);
      if (this.has("clone loses its end") && to.kind === "volume") {
        await truncate(path, bytes - 4096);
        await truncate(path, bytes);
      }
      if (this.has("snapshot of another size") && to.kind === "snapshot") await truncate(path, bytes * 2);
      if (wanted !== undefined && !this.has("clone is as small as its source")) await truncate(path, wanted);
    });
    if (!this.has("clone says nothing")) progress({ doneBytes: bytes, totalBytes: bytes });
  }
}

/** A driver that keeps files in a directory and its promises as long as it is not killed, unless told to break one. */
export const naiveVolumes = defineDriver(volumeDriver, {
  name: "naive-volumes",
  options,
  setup: async (given, context) => {
    if (given.fault === "set-up wipes") await rm(given.root, { recursive: true, force: true });
    for (const kind of ["volume", "snapshot", "partial"]) await mkdir(join(given.root, kind), { recursive: true });
    if (given.fault === "a fence is forgotten" && context.owner?.address === "conformance")
      await rm(join(given.root, "fence"), { recursive: true, force: true });
    openSessions.add(`${given.root} ${context.owner?.address}`);
    return new Naive(given, context);
  },
  methods: {
    create: async (naive, { id, sizeGiB }, { signal }) => {
      const bytes = naive.has("create is too small") ? 4096 : naive.size(sizeGiB);
      const old = join(naive.root, "old");
      await naive.sent("create comes late", signal, (heard) =>
        naive.make({ kind: "volume", id }, heard, async (path) => {
          if (naive.has("create keeps old content")) await rename(old, path).catch(() => {});
          await (await open(path, "a")).close();
          await truncate(path, bytes);
        }),
      );
    },
    delete: (naive, { id }, { signal }) =>
      naive.sent("deletion comes late", signal, () => naive.remove({ kind: "volume", id })),
    extend: (naive, { id, sizeGiB }, { signal }) =>
      naive.sent("extension comes late", signal, () =>
        naive.exclusively(id, async () => {
          const wanted = naive.size(sizeGiB);
          const bytes = await naive.existing({ kind: "volume", id });
          if (wanted < bytes && !naive.has("extend shrinks"))
            throw new DriverError("INVALID_ARGUMENT", "smaller than it is");
          if (naive.has("extend wipes")) await truncate(naive.path({ kind: "volume", id }));
          naive.requireServed();
          await nextTurn();
          await naive.commit(() => truncateSync(naive.path({ kind: "volume", id }), wanted));
        }),
      ),
    list: async (naive) => {
      const volumes = [];
      for (const id of await naive.names("volume"))
        volumes.push({ id, sizeGiB: sizeGiB((await naive.find({ kind: "volume", id })) ?? 0) });
      const snapshots = [];
      for (const name of await naive.names("snapshot")) {
        const [volumeId = "", id = ""] = name.split("@");
        const bytes = (await naive.find({ kind: "snapshot", id, volumeId })) ?? 0;
        snapshots.push({ id, volumeId, sizeGiB: sizeGiB(bytes) });
      }
      let shown = naive.has("work in progress is left over") ? [...naive.partials] : [];
      if (naive.has("members share no books"))
        shown = (await naive.names("partial")).filter((id) => !naive.partials.has(id));
      return { volumes, snapshots, leftovers: shown.map((id) => ({ kind: "volume", id, bytes: 0 }) as const) };
    },
    connect: async (naive, { id }) => {
      await naive.existing({ kind: "volume", id });
      return { kind: "file", path: naive.path({ kind: "volume", id }) } as const;
    },
    disconnect: (naive, { id }) => void naive.path({ kind: "volume", id }),
  },
  abilities: {
    snapshots: {
      create: (naive, { id, volumeId }, call) =>
        naive.sent("snapshot comes late", call.signal, (signal) =>
          naive.copy({ kind: "volume", id: volumeId }, { kind: "snapshot", id, volumeId }, undefined, {
            ...call,
            signal,
          }),
        ),
      delete: (naive, { id, volumeId }, { signal }) =>
        naive.sent("snapshot's deletion comes late", signal, () => naive.remove({ kind: "snapshot", id, volumeId })),
    },
    clones: {
      clone: (naive, { id, sizeGiB, from }, call) =>
        naive.sent("clone comes late", call.signal, (signal) =>
          naive.copy(from, { kind: "volume", id }, naive.size(sizeGiB), { ...call, signal }),
        ),
    },
    images: {
      import: async (naive, { id, sizeGiB, data }, call) => {
        const bytes = naive.size(sizeGiB);
        await naive.sent("import comes late", call.signal, (signal) =>
          naive.make({ kind: "volume", id }, signal, async (path) => {
            await (await open(path, "w")).close();
            await truncate(path, bytes);
            const aborted = new Promise<never>((_resolve, reject) => {
              if (!naive.has("import is deaf")) signal.addEventListener("abort", () => reject(signal.reason));
            });
            let offset = 0;
            const chunks = data[Symbol.asyncIterator]();
            for (;;) {
              const { done, value } = await Promise.race([chunks.next(), aborted]);
              if (done || (naive.has("import takes too much") && offset >= bytes)) break;
              if (offset + value.length > bytes && !naive.has("import takes too much"))
                throw new DriverError("INVALID_ARGUMENT", "more than the volume holds");
              await naive.write(path, value, offset);
              offset += naive.has("import mixes chunks up") ? Math.floor(value.length / 2) || 1 : value.length;
            }
            await truncate(path, bytes);
          }),
        );
      },
      export: async function* (naive, source, { signal }) {
        const bytes = await naive.existing(source);
        const file = await open(naive.path(source));
        try {
          for (let offset = 0; offset < bytes; offset += 65_536) {
            if (naive.has("export stops early") && (signal.aborted || offset > 0)) return;
            signal.throwIfAborted();
            const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, offset);
            yield buffer.subarray(0, bytesRead);
          }
        } finally {
          await file.close();
        }
      },
    },
  },
  fence: (naive, fenced) => naive.fence(fenced),
  stats: async (naive) => {
    const used = await naive.usedBytes();
    let provisionedBytes = naive.has("stats invent") ? 4096 : 0;
    if (!naive.has("stats forget"))
      for (const kind of ["volume", "snapshot"])
        for (const name of await readdir(join(naive.root, kind)))
          provisionedBytes += (await stat(join(naive.root, kind, name))).size;
    const { capacityBytes: totalBytes } = naive;
    const freeBytes = naive.has("stats claim more free than there is")
      ? totalBytes + 1
      : Math.max(0, totalBytes - used);
    return { totalBytes, freeBytes, provisionedBytes };
  },
});
