import { reeveError } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { Acknowledgement } from "./acknowledgement.ts";

/** A link whose broker confirms, or does not, when the test says so. */
function acknowledged({ taken = 0, connected = true } = {}) {
  const clock = new ManualClock();
  const said: (number | "lost")[] = [];
  const listeners = new Set<(up: boolean) => void>();
  const flushes: { confirm(): void; refuse(): void }[] = [];
  const link = {
    connected,
    flush: () =>
      new Promise<void>((resolve, reject) => {
        flushes.push({ confirm: resolve, refuse: () => reject(reeveError("DEADLINE_EXCEEDED", "flush")) });
      }),
    onLink: (listener: (up: boolean) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const acknowledgement = new Acknowledgement({
    clock,
    link,
    taken,
    answering: (number) => said.push(number),
    lost: () => said.push("lost"),
  });
  onTestFinished(() => {
    acknowledgement.close();
    expect(clock.pending).toBe(0);
    expect(listeners.size).toBe(0);
  });
  return {
    acknowledgement,
    clock,
    said,
    flushes,
    settle: () => clock.advance(0),
    set: (up: boolean) => {
      link.connected = up;
      for (const listener of listeners) listener(up);
    },
  };
}

test("what is taken in is said when the broker has confirmed it, and what comes meanwhile after another round", async () => {
  const { acknowledgement, said, flushes, settle } = acknowledged({ taken: 3 });
  acknowledgement.took(4);
  acknowledgement.took(5);
  expect(said).toEqual([]);
  expect(flushes).toHaveLength(1);
  flushes[0]!.confirm();
  await settle();
  expect(said).toEqual([3]);
  expect(flushes).toHaveLength(2);
  flushes[1]!.confirm();
  await settle();
  expect(said).toEqual([3, 5]);
  expect(flushes).toHaveLength(2);
});

test("without a link nothing is said; what was confirmed on one says nothing of the next", async () => {
  const { said, flushes, settle, set } = acknowledged({ connected: false, taken: 1 });
  await settle();
  expect(flushes).toHaveLength(0);
  set(true);
  expect(flushes).toHaveLength(1);
  set(false);
  set(true);
  flushes[0]!.confirm();
  await settle();
  expect(said).toEqual(["lost"]);
  expect(flushes).toHaveLength(2);
  flushes[1]!.confirm();
  await settle();
  expect(said).toEqual(["lost", 1]);
  set(false);
  set(true);
  flushes[2]!.confirm();
  await settle();
  expect(said).toEqual(["lost", 1, "lost", 1]);
});

test("a broker that does not confirm is asked again a second later, and at once when there is more", async () => {
  const { acknowledgement, clock, said, flushes, settle } = acknowledged({ taken: 1 });
  flushes[0]!.refuse();
  await clock.advance(999);
  expect(flushes).toHaveLength(1);
  await clock.advance(1);
  expect(flushes).toHaveLength(2);
  flushes[1]!.refuse();
  await settle();
  acknowledgement.took(2);
  expect(flushes).toHaveLength(3);
  flushes[2]!.confirm();
  await clock.advance(5_000);
  expect(said).toEqual([2]);
  expect(flushes).toHaveLength(3);
});

test("closed it says nothing more", async () => {
  const { acknowledgement, clock, said, flushes, set } = acknowledged();
  acknowledgement.close();
  flushes[0]!.confirm();
  acknowledgement.took(1);
  set(false);
  set(true);
  await clock.advance(5_000);
  expect(said).toEqual([]);
  expect(flushes).toHaveLength(1);
});
