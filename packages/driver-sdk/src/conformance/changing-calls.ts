import { setImmediate as nextTurn } from "node:timers/promises";
import type { VolumeDriverPort } from "../volume/index.ts";
import type { BareClient } from "./bare-client.ts";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

/** A call that changes the device. */
export interface ChangingCall {
  readonly what: string;
  readonly needs?: VolumeCase["needs"];
  /** What must be there. */
  prepare?(rig: VolumeRig, id: string): Promise<unknown>;
  /** @param driver default: the rig's own session */
  begin(rig: VolumeRig, id: string, signal: AbortSignal, driver?: BareClient<VolumeDriverPort>): Promise<unknown>;
}

/** One for each method that changes something, on ids that begin with the one given. */
export const changingCalls: readonly ChangingCall[] = [
  {
    what: "create",
    begin: (rig, id, signal, driver = rig.driver) => driver.create({ id, sizeGiB: rig.sizeGiB }, { signal }),
  },
  {
    what: "deletion",
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal, driver = rig.driver) => driver.delete({ id }, { signal }),
  },
  {
    what: "extension",
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal, driver = rig.driver) => driver.extend({ id, sizeGiB: 2 * rig.sizeGiB }, { signal }),
  },
  {
    what: "snapshot",
    needs: ["snapshots"],
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal, driver = rig.driver) =>
      driver.snapshots.create({ id: `${id}-s`, volumeId: id }, { signal }),
  },
  {
    what: "snapshot's deletion",
    needs: ["snapshots"],
    async prepare(rig, id) {
      await rig.create(id);
      await rig.driver.snapshots.create({ id: `${id}-s`, volumeId: id });
    },
    begin: (rig, id, signal, driver = rig.driver) =>
      driver.snapshots.delete({ id: `${id}-s`, volumeId: id }, { signal }),
  },
  {
    what: "clone",
    needs: ["clones"],
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal, driver = rig.driver) =>
      driver.clones.clone(
        { id: `${id}-c`, sizeGiB: rig.sizeGiB, from: { kind: "volume", id }, independent: true },
        { signal },
      ),
  },
  {
    what: "import",
    needs: ["images"],
    begin: (rig, id, signal, driver = rig.driver) =>
      driver.images.import({ id, sizeGiB: rig.sizeGiB, data: slowly(rig.sizeBytes) }, { signal }),
  },
];

/** What is there, by id. What calls have left over is nobody's volume yet. */
export async function inventory(rig: VolumeRig): Promise<Map<string, string>> {
  const { volumes, snapshots } = await rig.driver.list();
  return new Map([
    ...volumes.map(({ id, sizeGiB }) => [id, `a volume of ${sizeGiB} GiB`] as const),
    ...snapshots.map(({ id, sizeGiB }) => [id, `a snapshot of ${sizeGiB} GiB`] as const),
  ]);
}

async function* slowly(bytes: number): AsyncGenerator<Uint8Array> {
  const chunk = pattern(1, Math.ceil(bytes / 8));
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    await nextTurn();
    yield chunk.subarray(0, Math.min(chunk.length, bytes - sent));
  }
}
