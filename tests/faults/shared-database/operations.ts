import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Duration, ReeveError, type Ref } from "@reeve/contract";
import type { Volume, Volumes } from "@reeve/managers/volume";
import { type Estate, until } from "./estate.ts";

/** One call of an operation, ready to be made. What it answers goes to the account. */
export interface Prepared {
  readonly key: string;
  /** Rejects as the call does. */
  run(): Promise<void>;
}

export interface VolumeOperation {
  readonly name: string;
  /** Makes what the call needs. In a load what befalls the call may befall these calls as well. */
  prepare(place: Place, key: string): Promise<Prepared>;
}

/** Where volumes are made. */
export interface Place {
  readonly estate: Estate;
  /** The host that is called. */
  readonly volume: ReturnType<Ref<Volumes>["at"]>;
  /** Labels of the backend. */
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
  /** Of each call. A call under a key waits so long for the next life of a host that is gone. */
  readonly timeout: Duration;
}

export const sizeGiB = 1 / 1024;

/** A volume that is there. */
export function make({ estate, volume: ref, labels, timeout }: Place, key: string): Promise<Volume> {
  return estate.account.log("create", key, async () => {
    const input = { name: key, sizeGiB, labels };
    const volume = await ref.create(input, { idempotencyKey: key, timeout });
    estate.account.made("volume", volume.id, { sizeGiB });
    return volume;
  });
}

/** Asks again under the key of a creation until it is told what has become of that. */
export async function asked({ estate, labels }: Place, key: string): Promise<Volume | ReeveError> {
  let told: Volume | ReeveError | undefined;
  estate.account.askedAgain.add(key);
  await until(
    `an answer under ${key}`,
    async () => {
      try {
        told = await estate.volume.create({ name: key, sizeGiB, labels }, { idempotencyKey: key, timeout: "10s" });
        estate.account.made("volume", told.id, { sizeGiB });
      } catch (error) {
        if (!(error instanceof ReeveError) || error.retryable) throw error;
        // That a key has run and left no answer is one too.
        const settled = error.reason === "DUPLICATE_KEY" || !["maybe-executed", "never-sent"].includes(error.outcome);
        if (!settled) throw error;
        told = error;
      }
      return true;
    },
    120_000,
  );
  return told!;
}

async function connect({ estate: { account }, volume, timeout }: Place, id: string): Promise<void> {
  await account.change("volume", id, { connected: "unknown" }, () => volume.connect({ id }, { timeout }));
  account.believe("volume", id, { connected: "yes" });
}

/** A call about a volume that is there. */
function about(
  name: string,
  call: (place: Place, source: Volume, key: string) => Promise<Omit<Prepared, "key">> | Omit<Prepared, "key">,
): VolumeOperation {
  return {
    name,
    async prepare(place, key) {
      const source = await make(place, `${key}-source`);
      const { run } = await call(place, source, key);
      return { key, run: () => place.estate.account.log(name, key, run) };
    },
  };
}

export const operations: readonly VolumeOperation[] = [
  {
    name: "create",
    async prepare(place, key) {
      return { key, run: async () => void (await make(place, key)) };
    },
  },
  about("extend", ({ estate: { account }, volume, timeout }, { id }) => ({
    async run() {
      const grown = 3 * sizeGiB;
      const may = { sizesGiB: [grown] };
      await account.change("volume", id, may, () => volume.extend({ id, sizeGiB: grown }, { timeout }));
      account.believe("volume", id, { sizeGiB: grown });
    },
  })),
  about("delete", ({ estate: { account }, volume, timeout }, { id }) => ({
    async run() {
      const deleting = () => volume.delete({ id }, { timeout });
      const { state } = await account.change("volume", id, { exists: "unknown" }, deleting);
      account.believe("volume", id, { exists: state === "deleted" ? "no" : "unknown" });
    },
  })),
  about("snapshot", ({ estate: { account }, volume, timeout }, source, key) => ({
    async run() {
      const { id } = await volume.snapshot({ id: source.id, name: key }, { timeout });
      account.made("snapshot", id);
    },
  })),
  about("deleteSnapshot", async ({ estate: { account }, volume, timeout }, source, key) => {
    const { id: snapshotId } = await volume.snapshot({ id: source.id, name: `${key}-snapshot` }, { timeout });
    account.made("snapshot", snapshotId);
    return {
      async run() {
        const deleting = () => volume.deleteSnapshot({ id: source.id, snapshotId }, { timeout });
        const { state } = await account.change("snapshot", snapshotId, { exists: "unknown" }, deleting);
        account.believe("snapshot", snapshotId, { exists: state === "deleted" ? "no" : "unknown" });
      },
    };
  }),
  about("clone", ({ estate: { account }, volume, timeout }, source, key) => ({
    async run() {
      const { id } = await volume.clone({ id: source.id, name: key }, { timeout });
      account.made("volume", id, { sizeGiB });
    },
  })),
  about("copy", ({ estate: { account }, volume, timeout }, source, key) => ({
    async run() {
      const { id } = await volume.copy({ id: source.id, name: key }, { timeout }).result;
      account.made("volume", id, { sizeGiB });
    },
  })),
  {
    name: "import",
    async prepare({ estate, volume, timeout }, key) {
      const { account, directory } = estate;
      writeFileSync(join(directory, "exports", "in.img"), Buffer.alloc(100_000, 7));
      return {
        key,
        run: () =>
          account.log("import", key, async () => {
            const { id } = await volume.import({ file: "in.img", name: key }, { timeout }).result;
            account.made("volume", id, { sizeGiB });
          }),
      };
    },
  },
  about("export", ({ estate: { account }, volume, timeout }, { id }, key) => ({
    async run() {
      const { file } = await volume.export({ id, file: `${key}.img` }, { timeout }).result;
      account.made("export", file);
    },
  })),
  about("connect", (place, { id }) => ({ run: () => connect(place, id) })),
  about("disconnect", async (place, { id }) => {
    await connect(place, id);
    const { estate, volume, timeout } = place;
    return {
      async run() {
        const disconnecting = () => volume.disconnect({ id }, { timeout });
        await estate.account.change("volume", id, { connected: "unknown" }, disconnecting);
        estate.account.believe("volume", id, { connected: "no" });
      },
    };
  }),
];
