import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nats } from "@reeve/nats";
import { expect, onTestFinished, test, vi } from "vitest";
import { blockFleet } from "../volume/block-process.ts";
import { Claimant } from "./claimant.ts";
import { hold, long, note } from "./figure.ts";
import { keys } from "./load.ts";
import { strokes } from "./stroke.ts";

vi.setConfig({ testTimeout: long ? 300_000 : 150_000 });

const host = "block-01";
const calls = long ? 400 : 40;
const creates = long ? 100 : 20;
const sizeGiB = 1 / 1024;
/** A process that is silent for longer is dead to others. */
const deadAfterIntervals = 6;

/** A control host and whoever claims to be the one block host, each on a disk of its own. */
async function open() {
  const directory = mkdtempSync(join(tmpdir(), "reeve-claims-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { broker, control, volume } = await blockFleet();
  const ear = nats({ servers: broker.url });
  await ear.connect();
  onTestFinished(() => ear.close());
  const stroke = control.ref(strokes);
  return {
    async claimant(disk: string): Promise<Claimant> {
      const started = await Claimant.start({ servers: broker.url, host, disk: join(directory, disk) });
      onTestFinished(() => started[Symbol.asyncDispose]());
      return started;
    },
    strikeAll: (prefix: string, count: number) =>
      Promise.allSettled(keys(prefix, count).map((key) => stroke.at(host).strike({ key }))),
    createAll: (prefix: string, count: number) =>
      Promise.allSettled(keys(prefix, count).map((name) => volume.create({ name, sizeGiB }))),
    /** Resolves when the host has been heard for so many of its intervals: two seconds each. */
    async heard(count: number): Promise<void> {
      let heartbeats = 0;
      ear.subscribe(`reeve.sys.alive.${host}`, () => void heartbeats++);
      await vi.waitFor(() => expect(heartbeats).toBeGreaterThanOrEqual(count), {
        timeout: 5_000 * count,
        interval: 50,
      });
    },
  };
}

const rejected = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.filter(({ status }) => status === "rejected").length;

/** Of these keys: how many did not run exactly once, by all. */
function notOnce(wanted: readonly string[], claimants: readonly Claimant[]): number {
  const runs = claimants.map((claimant) => claimant.runs());
  return wanted.filter((key) => runs.reduce((sum, own) => sum + (own.get(key) ?? 0), 0) !== 1).length;
}

test("of two processes with fresh disks at one address one does everything, and the other follows it", async () => {
  const fault = "two at one address";
  const { claimant, strikeAll, createAll } = await open();
  // One after the other: each manager's address is decided by itself, and those that start at once may share them out.
  const holder = await claimant("first");
  await holder.areAll("serving ready");
  const other = await claimant("second");
  await Promise.all([holder.areAll("serving ready"), other.areAll("degraded ADDRESS_CLAIMED")]);
  const refused = rejected([...(await strikeAll("early", calls)), ...(await createAll("early", creates))]);
  hold({ fault, invariant: "refused", bound: { is: 0 }, figure: refused });
  const ranElsewhere = notOnce(keys("early", calls), [holder, other]);
  hold({ fault, invariant: "calls that did not run once", bound: { is: 0 }, figure: ranElsewhere });
  hold({ fault, invariant: "images on one machine", bound: { is: creates }, figure: holder.images() });
  hold({ fault, invariant: "images on the other machine", bound: { is: 0 }, figure: other.images() });
  hold({ fault, invariant: "managers that log ADDRESS_CLAIMED", bound: { is: 2 }, figure: other.toldClaimed });
  hold({ fault, invariant: "managers that log it and hold it", bound: { is: 0 }, figure: holder.toldClaimed });
  const endedAt = performance.now();
  await holder.end("SIGTERM");
  await other.areAll("serving ready");
  note({
    ...{ fault, invariant: "the other serves after", bound: { atMost: 15_000 } },
    ...{ figure: performance.now() - endedAt, unit: "ms" },
  });
  const lost = rejected([...(await strikeAll("late", calls)), ...(await createAll("late", 5))]);
  hold({ fault, invariant: "refused when it serves", bound: { is: 0 }, figure: lost });
  const late = notOnce(keys("late", calls), [holder, other]);
  hold({ fault, invariant: "calls that did not run once there", bound: { is: 0 }, figure: late });
  hold({ fault, invariant: "images that were made there", bound: { is: 5 }, figure: other.images() });
  hold({ fault, invariant: "images that were left", bound: { is: creates }, figure: holder.images() });
});

// In an ordinary run the fleet's own test of two processes at one address stands for it.
test.skipIf(!long)("a process that was stopped and replaced does nothing when it goes on", async () => {
  const fault = "stopped, replaced, continued";
  const { claimant, strikeAll, createAll, heard } = await open();
  const first = await claimant("first");
  await strikeAll("before", 1);
  first.signal("SIGSTOP");
  const second = await claimant("second");
  await second.areAll("serving ready");
  // What comes for the address lies at both.
  const during = [...(await strikeAll("during", calls)), ...(await createAll("during", creates))];
  await heard(deadAfterIntervals);
  first.signal("SIGCONT");
  const after = [...(await strikeAll("after", calls)), ...(await createAll("after", 5))];
  await first.areAll("degraded ADDRESS_CLAIMED");
  const all = [...keys("before", 1), ...keys("during", calls), ...keys("after", calls)];
  hold({ fault, invariant: "refused", bound: { is: 0 }, figure: rejected([...during, ...after]) });
  hold({ fault, invariant: "calls that did not run once", bound: { is: 0 }, figure: notOnce(all, [first, second]) });
  hold({ fault, invariant: "calls that ran where it was stopped", bound: { is: 1 }, figure: first.runs().size });
  hold({ fault, invariant: "images where it was stopped", bound: { is: 0 }, figure: first.images() });
  hold({ fault, invariant: "images at its successor", bound: { is: creates + 5 }, figure: second.images() });
  hold({ fault, invariant: "managers that log ADDRESS_CLAIMED", bound: { is: 2 }, figure: first.toldClaimed });
});
