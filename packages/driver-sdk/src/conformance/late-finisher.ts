import assert from "node:assert/strict";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import type { VolumeCase } from "./volume-case.ts";
import { pattern, type VolumeRig } from "./volume-rig.ts";

/** When a call is aborted, counted from its start: while it is prepared, while it works, and when it may be done. */
const moments: readonly (() => Promise<unknown>)[] = [
  () => Promise.resolve(),
  nextTurn,
  ...[2, 10].map((ms) => () => after(ms)),
];

/** How long the device is watched for an effect that comes late. */
const watchedMs = 250;
const pauseMs = 50;

interface LateCall {
  readonly what: string;
  readonly needs?: VolumeCase["needs"];
  /** What must be there. */
  prepare?(rig: VolumeRig, id: string): Promise<unknown>;
  begin(rig: VolumeRig, id: string, signal: AbortSignal): Promise<unknown>;
}

const calls: readonly LateCall[] = [
  {
    what: "create",
    begin: (rig, id, signal) => rig.driver.create({ id, sizeGiB: rig.sizeGiB }, { signal }),
  },
  {
    what: "deletion",
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal) => rig.driver.delete({ id }, { signal }),
  },
  {
    what: "extension",
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal) => rig.driver.extend({ id, sizeGiB: 2 * rig.sizeGiB }, { signal }),
  },
  {
    what: "snapshot",
    needs: ["snapshots"],
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal) => rig.driver.snapshots.create({ id: `${id}-s`, volumeId: id }, { signal }),
  },
  {
    what: "snapshot's deletion",
    needs: ["snapshots"],
    async prepare(rig, id) {
      await rig.create(id);
      await rig.driver.snapshots.create({ id: `${id}-s`, volumeId: id });
    },
    begin: (rig, id, signal) => rig.driver.snapshots.delete({ id: `${id}-s`, volumeId: id }, { signal }),
  },
  {
    what: "clone",
    needs: ["clones"],
    prepare: (rig, id) => rig.create(id),
    begin: (rig, id, signal) =>
      rig.driver.clones.clone(
        { id: `${id}-c`, sizeGiB: rig.sizeGiB, from: { kind: "volume", id }, independent: true },
        { signal },
      ),
  },
  {
    what: "import",
    needs: ["images"],
    begin: (rig, id, signal) =>
      rig.driver.images.import({ id, sizeGiB: rig.sizeGiB, data: slowly(rig.sizeBytes) }, { signal }),
  },
];

/**
 * A manager reads the truth from the inventory once a call has settled, and settles what it had begun by it. What takes effect
 * after that is a volume without a row, a size that no quota counts, a snapshot that nobody deletes.
 */
export const lateFinisher: readonly VolumeCase[] = calls.map(({ what, needs = [], prepare, begin }) => ({
  promise: `an aborted ${what} has taken effect when it settles, or never does`,
  needs,
  async hold(rig) {
    const settled = new Map<string, string>();
    for (const [index, moment] of moments.entries()) {
      const id = `late-${index}`;
      await prepare?.(rig, id);
      const controller = new AbortController();
      const ended = Promise.allSettled([begin(rig, id, controller.signal)]);
      await moment();
      controller.abort();
      await ended;
      for (const [one, state] of await inventory(rig)) if (belongsTo(one, id)) settled.set(one, state);
    }
    const watchedUntil = performance.now() + watchedMs;
    do {
      assert.deepEqual(
        await inventory(rig),
        settled,
        `an aborted ${what} changed the device after it had settled; end what was begun before the call settles`,
      );
      await after(pauseMs);
    } while (performance.now() < watchedUntil);
  },
}));

function belongsTo(one: string, id: string): boolean {
  return one === id || one.startsWith(`${id}-`);
}

/** What is there, by id. What calls have left over is nobody's volume yet. */
async function inventory(rig: VolumeRig): Promise<Map<string, string>> {
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
