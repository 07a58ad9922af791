import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import type { MemberEntry } from "../registry/membership/index.ts";
import { Vacancy, type VacantAddress } from "./vacancy.ts";

/** What is said of one address, and who answers when it is asked. */
function place({ epoch = 5 as number | undefined, unheard = 0 } = {}) {
  const clock = new ManualClock();
  const said = new Map<string, MemberEntry>();
  const listeners = new Set<() => void>();
  const asked: PromiseWithResolvers<boolean>[] = [];
  const vacant: VacantAddress[] = [];
  const vacancy = new Vacancy({
    clock,
    random: () => 1,
    store: "shared",
    lost: { manager: "bell", address: "a", epoch, unheard },
    neighbours: {
      said: () => said.values(),
      onSaid(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      inquire() {
        asked.push(Promise.withResolvers());
        return asked.at(-1)!.promise;
      },
    },
    onVacant: (where) => vacant.push(where),
  });
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    ...{ clock, asked, vacant, vacancy, listeners },
    says(sender: string, entry: Partial<MemberEntry>) {
      said.set(sender, { store: "shared", ...entry } as MemberEntry);
      tell();
    },
    leaves(sender: string) {
      said.delete(sender);
      tell();
    },
    async answers(known: boolean) {
      asked.at(-1)!.resolve(known);
      await clock.advance(0);
    },
  };
}

test("whoever is heard of is waited for, however long it takes; when it is gone, all are asked once more", async () => {
  const at = place();
  at.says("winner", { epoch: 5 });
  await at.clock.advance(86_400_000);
  expect([at.asked.length, at.vacant]).toEqual([0, []]);
  at.leaves("winner");
  expect(at.asked.length).toBe(1);
  await at.answers(true);
  expect([at.vacant, at.listeners.size, at.clock.pending]).toEqual([[{ epoch: 5, heard: true }], 0, 0]);
});

test("one that was never heard of has time to say that it is there, and is asked for", async () => {
  const at = place();
  await at.clock.advance(1_999);
  expect(at.asked.length).toBe(0);
  await at.clock.advance(1);
  at.says("winner", { epoch: 5 });
  await at.answers(true);
  expect(at.vacant).toEqual([]);
  at.leaves("winner");
  await at.answers(true);
  expect(at.vacant).toEqual([{ epoch: 5, heard: true }]);
});

test("each that is never heard of is waited for twice as long as the one before", async () => {
  const at = place({ unheard: 3 });
  await at.clock.advance(15_999);
  expect(at.asked.length).toBe(0);
  await at.clock.advance(1);
  await at.answers(true);
  expect(at.vacant).toEqual([{ epoch: 5, heard: false }]);
});

test("where nobody can tell who is there, the address is nobody's to take: it is asked again", async () => {
  const at = place();
  at.says("winner", { epoch: 5 });
  at.leaves("winner");
  await at.answers(false);
  await at.clock.advance(2_000);
  expect([at.asked.length, at.vacant]).toEqual([2, []]);
  await at.answers(true);
  expect(at.vacant.length).toBe(1);
});

test("the one that follows the winner is waited for too, and the next life follows on that", async () => {
  const at = place();
  at.says("winner", { epoch: 5 });
  at.says("second", { epoch: 6 });
  at.leaves("winner");
  expect(at.asked.length).toBe(0);
  at.leaves("second");
  await at.answers(true);
  expect(at.vacant).toEqual([{ epoch: 6, heard: true }]);
});

test.each([
  ["an incarnation from before", { epoch: 4 }],
  ["an incarnation of another store", { epoch: 9, store: "other" }],
])("%s keeps the address from nobody", async (_, entry) => {
  const at = place();
  at.says("other", entry);
  await at.clock.advance(2_000);
  await at.answers(true);
  expect(at.vacant).toEqual([{ epoch: 5, heard: false }]);
});

test("one that is stopped while it asks tells nothing, and keeps no timer", async () => {
  const at = place();
  await at.clock.advance(2_000);
  at.vacancy.stop();
  await at.answers(true);
  expect([at.vacant, at.listeners.size, at.clock.pending]).toEqual([[], 0, 0]);
});
