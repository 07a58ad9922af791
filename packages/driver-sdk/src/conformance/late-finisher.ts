import assert from "node:assert/strict";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import { changingCalls, inventory } from "./changing-calls.ts";
import type { VolumeCase } from "./volume-case.ts";

/** When a call is aborted, counted from its start: while it is prepared, while it works, and when it may be done. */
const moments: readonly (() => Promise<unknown>)[] = [
  () => Promise.resolve(),
  nextTurn,
  ...[2, 10].map((ms) => () => after(ms)),
];

/** How long the device is watched for an effect that comes late. */
const watchedMs = 250;
const pauseMs = 50;

/**
 * A manager reads the truth from the inventory once a call has settled, and settles what it had begun by it. What takes effect
 * after that is a volume without a row, a size that no quota counts, a snapshot that nobody deletes.
 */
export const lateFinisher: readonly VolumeCase[] = changingCalls.map(({ what, needs = [], prepare, begin }) => ({
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
