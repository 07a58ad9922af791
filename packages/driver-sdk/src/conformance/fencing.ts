import assert from "node:assert/strict";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import { DriverError } from "../driver-error.ts";
import { type ChangingCall, changingCalls, inventory } from "./changing-calls.ts";
import type { VolumeCase } from "./volume-case.ts";
import { pattern } from "./volume-rig.ts";

/** When the fence comes, counted from the start of the call that it meets. */
const moments: readonly (() => Promise<unknown>)[] = [
  () => Promise.resolve(),
  nextTurn,
  ...[1, 3, 10, 30].map((ms) => () => after(ms)),
];

const address = "member-1@ssd";
const stale = { address, epoch: 1 };
/** From this epoch on it is served. */
const fence = { address, epoch: 2 };

const endless = new AbortController().signal;

/**
 * Another process has declared this one dead and raised its epoch, and goes by what the device holds once `fence` has
 * returned. The fenced process may only have been paused, anywhere, and goes on.
 */
export const fencing: readonly VolumeCase[] = [
  ...changingCalls.map(refusedOnceFenced),
  ...changingCalls.map(metByFence),
  {
    promise: "an import that is half way when the fence comes fails, and changes nothing any more",
    needs: ["images"],
    needsFence: true,
    async hold(rig) {
      const { driver } = await rig.join(stale);
      const half = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      async function* data() {
        yield pattern(1, rig.sizeBytes / 2);
        half.resolve();
        await goOn.promise;
        yield pattern(2, rig.sizeBytes / 2);
      }
      const importing = failure(driver.images.import({ id: "a", sizeGiB: rig.sizeGiB, data: data() }));
      await Promise.race([half.promise, importing]);
      await rig.fence(fence);
      const before = await rig.driver.list();
      assert.deepEqual([before.volumes, before.leftovers], [[], []], "what a fenced session was making is still there");
      goOn.resolve();
      fails("import", await importing);
      assert.deepEqual(await rig.driver.list(), before, "an import that was fenced half way changed the device");
      await rig.create("a");
    },
  },
  {
    promise:
      "a session of a higher epoch at the address that was fenced works, whether it came before the fence or after",
    needsFence: true,
    async hold(rig) {
      const before = await rig.join({ address, epoch: 2 });
      await rig.fence(fence);
      await before.driver.create({ id: "a", sizeGiB: rig.sizeGiB });
      const later = await rig.join({ address, epoch: 3 });
      await later.driver.extend({ id: "a", sizeGiB: 2 * rig.sizeGiB });
      assert.equal((await rig.volume("a"))?.sizeGiB, 2 * rig.sizeGiB);
      await later.driver.delete({ id: "a" });
      assert.deepEqual(await rig.ids(), []);
    },
  },
  {
    promise: "a fence leaves the sessions of other addresses alone, and what they are in the middle of",
    needsFence: true,
    async hold(rig) {
      const others = await Promise.all(
        ["member-10@ssd", "member-1x", "member-2@ssd"].map((other) => rig.join({ address: other, epoch: 1 })),
      );
      const begun = others.map(({ driver }, n) => driver.create({ id: `begun-${n}`, sizeGiB: rig.sizeGiB }));
      await rig.fence(fence);
      await Promise.all(begun);
      for (const [n, { driver }] of others.entries()) {
        await driver.create({ id: `later-${n}`, sizeGiB: rig.sizeGiB });
        await driver.delete({ id: `begun-${n}` });
      }
      assert.deepEqual(await rig.ids(), ["later-0", "later-1", "later-2"]);
    },
  },
  {
    promise: "fencing twice is no error, and a fence of a lower epoch lifts none",
    needsFence: true,
    async hold(rig) {
      const { driver } = await rig.join({ address, epoch: 4 });
      for (const epoch of [5, 5, 2]) await rig.fence({ address, epoch });
      fails("create", await failure(driver.create({ id: "a", sizeGiB: rig.sizeGiB })));
      assert.deepEqual(await rig.ids(), []);
    },
  },
  {
    promise: "a fence of an address that has no session is no error, and holds for one that comes late",
    needsFence: true,
    async hold(rig) {
      await rig.fence(fence);
      fails("set-up or create", await failure(joinAndCreate(rig)));
      assert.deepEqual(await rig.ids(), []);
    },
  },
  {
    promise: "a fence holds after every process was restarted",
    needsFence: true,
    async hold(rig) {
      await rig.join(stale);
      await rig.fence(fence);
      await rig.restart();
      fails("set-up or create", await failure(joinAndCreate(rig)));
      assert.deepEqual(await rig.ids(), []);
      await joinAndCreate(rig, 2);
      assert.deepEqual(await rig.ids(), ["a"]);
    },
  },
  {
    promise: "what one member makes every member lists, and none takes what another is making for a leftover",
    needsFence: true,
    needs: ["images"],
    async hold(rig) {
      const [one, other] = [await rig.join(stale), await rig.join({ address: "member-2@ssd", epoch: 9 })];
      await one.driver.create({ id: "a", sizeGiB: rig.sizeGiB });
      const seen = Promise.withResolvers<void>();
      async function* data() {
        yield pattern(1, rig.sizeBytes / 2);
        const { volumes, leftovers } = await other.driver.list();
        assert.deepEqual([volumes, leftovers], [[{ id: "a", sizeGiB: rig.sizeGiB }], []]);
        // A member that starts meanwhile takes nothing away.
        await rig.join({ address: "member-3@ssd", epoch: 1 });
        seen.resolve();
      }
      await one.driver.images.import({ id: "b", sizeGiB: rig.sizeGiB, data: data() });
      await seen.promise;
      await rig.holds("b", pattern(1, rig.sizeBytes / 2));
      const sorted = async (driver: typeof one.driver) => (await driver.list()).volumes.map(({ id }) => id).sort();
      assert.deepEqual(await sorted(one.driver), ["a", "b"]);
      assert.deepEqual(await sorted(other.driver), ["a", "b"]);
      assert.equal((await one.driver.stats()).provisionedBytes, (await other.driver.stats()).provisionedBytes);
    },
  },
];

function refusedOnceFenced({ what, needs = [], prepare, begin }: ChangingCall): VolumeCase {
  return {
    promise: `a session that was fenced is refused the ${what}, with an error that no retry mends, and changes nothing`,
    needs,
    needsFence: true,
    async hold(rig) {
      const { driver } = await rig.join(stale);
      await prepare?.(rig, "a");
      await rig.fence(fence);
      const before = await inventory(rig);
      fails(what, await failure(begin(rig, "a", endless, driver)));
      assert.deepEqual(await inventory(rig), before, `the ${what} of a fenced session changed the device`);
    },
  };
}

function metByFence({ what, needs = [], prepare, begin }: ChangingCall): VolumeCase {
  return {
    promise: `the ${what} that a fence meets has taken effect when the fence returns, or never does`,
    needs,
    needsFence: true,
    async hold(rig) {
      for (const [index, moment] of moments.entries()) {
        const id = `met-${index}`;
        const { driver } = await rig.join({ address, epoch: 2 * index + 1 });
        await prepare?.(rig, id);
        const ended = failure(begin(rig, id, endless, driver));
        await moment();
        await rig.fence({ address, epoch: 2 * index + 2 });
        const fenced = await inventory(rig);
        await ended;
        assert.deepEqual(await inventory(rig), fenced, `the ${what} changed the device after the fence had returned`);
      }
    },
  };
}

async function joinAndCreate(rig: Parameters<VolumeCase["hold"]>[0], epoch = 1): Promise<void> {
  const { driver } = await rig.join({ address, epoch });
  await driver.create({ id: "a", sizeGiB: rig.sizeGiB });
}

/** What a call failed with; undefined when it succeeded. */
function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error ?? new Error("nothing was thrown"),
  );
}

function fails(what: string, error: unknown): void {
  assert.ok(error instanceof DriverError, `${what}: a DriverError was expected of a fenced session, got ${error}`);
  assert.equal(error.retryable, false, `${what}: expected an error that is not retryable, got ${error}`);
}
