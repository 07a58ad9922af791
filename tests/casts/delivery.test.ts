import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { ledger, ledgerManager, office, officeManager } from "./ledger.ts";

test("a cast is carried out once, under a key of its own", async () => {
  const keys: (string | undefined)[] = [];
  await using house = await localCluster([ledgerManager((_, key) => keys.push(key))]);
  await house.ref(ledger).note({ text: "one" });
  await vi.waitFor(async () => expect(await house.ref(ledger).read({})).toEqual(["one"]));
  expect(keys).toEqual([expect.stringMatching(/^cast-[0-9A-Z]{26}$/)]);
});

test("a cast in a transaction is sent when that commits, and never when it rolls back", async () => {
  await using house = await localCluster([
    ledgerManager(),
    officeManager(async (what, ctx, store) => {
      await store.transaction(async (tx) => {
        await tx.insert("done", { what });
        await ctx.ref(ledger).note({ text: what }, { tx });
        if (what === "undone") throw new Error("no");
      });
    }),
  ]);
  await house
    .ref(office)
    .act({ what: "undone" })
    .catch(() => undefined);
  await house.ref(office).act({ what: "done" });
  await vi.waitFor(async () => expect(await house.ref(ledger).read({})).toEqual(["done"]));
});

test("a timer falls due by the store's clock, not before", async () => {
  const clock = fakeClock();
  await using house = await localCluster([ledgerManager()], { clock, store: sqlite({ path: ":memory:" }) });
  await house.ref(ledger).note({ text: "later" }, { after: "24h" });
  await clock.advance(86_399_999);
  expect(await house.ref(ledger).read({})).toEqual([]);
  await clock.advance(1);
  await vi.waitFor(async () => expect(await house.ref(ledger).read({})).toEqual(["later"]));
});

test("casts of one lane are carried out one at a time, in their order", async () => {
  let running = 0;
  let most = 0;
  await using house = await localCluster([
    ledgerManager(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    }),
  ]);
  const ref = house.ref(ledger);
  const texts = Array.from({ length: 20 }, (_, index) => String(index));
  await Promise.all(texts.map((text) => ref.inOrder({ text, book: "a" })));
  await vi.waitFor(async () => expect(await ref.read({})).toEqual(texts), { timeout: 5_000 });
  expect(most).toBe(1);
});

test("a cast that waited at its callee for longer than its time is delivered again", async () => {
  const clock = fakeClock();
  const gate = Promise.withResolvers<void>();
  await using house = await localCluster(
    [
      ledgerManager(async (text) => text === "slow" && gate.promise),
      officeManager((what, ctx) => ctx.ref(ledger).inOrder({ text: what, book: "a" })),
    ],
    { clock, store: sqlite({ path: ":memory:" }) },
  );
  // Of two senders: they meet in the lane of their callee, not in one of an outbox.
  await house.ref(ledger).inOrder({ text: "slow", book: "a" });
  await clock.advance(0);
  await house.ref(office).act({ what: "behind" });
  for (let second = 0; second < 90; second++) await clock.advance(1_000);
  gate.resolve();
  await vi.waitFor(
    async () => {
      await clock.advance(1_000);
      expect([...(await house.ref(ledger).read({}))].sort()).toEqual(["behind", "slow"]);
    },
    { timeout: 10_000 },
  );
});
