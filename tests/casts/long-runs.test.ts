import { call, cast, contract } from "@reeve/contract";
import { carriedOut, column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { fakeClock, localCluster } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { z } from "zod";

const mill = contract("mill", "1.0", {
  /** Ends with its signal. */
  grind: cast({ input: z.object({ sack: z.string() }), durable: true, timeout: "60s" }),
  /** Journalled: goes on after its caller has left. */
  clean: cast({ input: z.object({}), durable: true, timeout: "60s" }),
  hold: call({ input: z.object({}), timeout: "300s" }),
});

const millStore = defineStore("mill", { tables: { done: table({ what: column.text().primaryKey() }) } });

/** A mill with one stone: what is ground first does not end by itself, and the stone is held and cleaned for as long as a test says. */
async function openMill() {
  const held = Promise.withResolvers<void>();
  const cleaned = Promise.withResolvers<void>();
  const ran: string[] = [];
  const manager = defineManager({
    contract: mill,
    store: millStore,
    jobs: { cleaning: job() },
    limits: { maxInFlight: 1 },
    setup: ({ store, work }) => ({
      recover: { cleaning: async () => async () => {} },
      operations: {
        hold: () => held.promise,
        grind: async ({ sack }, { signal }) => {
          ran.push(sack);
          if (ran.length === 1)
            await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
          await store.transaction(async (tx) => {
            await tx.insert("done", { what: sack });
            return carriedOut;
          });
        },
        clean: async () => {
          ran.push("clean");
          const cleaning = await store.transaction((tx) => work.begin(tx, "cleaning", "stone"));
          await work.run(cleaning, async () => {
            await cleaned.promise;
            return (tx) => tx.insert("done", { what: "clean" });
          });
        },
      },
    }),
  });
  const clock = fakeClock();
  const house = await localCluster([manager], { clock, store: sqlite({ path: ":memory:" }) });
  const host = house
    .as({ user: "ada", roles: ["viewer"] })
    .ref(hosts)
    .at("test");
  const listed = async () => (await host.casts({})).items;
  /** In steps of a second, until a cast that is kept looks like that. */
  const until = (...shapes: object[]) =>
    vi.waitFor(
      async () => {
        await clock.advance(1_000);
        expect(await listed()).toMatchObject(shapes);
      },
      { timeout: 20_000, interval: 5 },
    );
  return {
    ...{ house, clock, held, cleaned, ran, listed, until },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

test("a run that a second delivery has joined, and that its own timeout ended before it committed anything, is begun again", async () => {
  await using room = await openMill();
  const { house, clock, held, ran, until } = room;
  const holding = house.ref(mill).hold({});
  await house.ref(mill).grind({ sack: "one" });
  await vi.waitFor(async () => expect(await room.listed()).toMatchObject([{ state: "sent" }]));
  // It waits for half of its time, so that its own time ends after its first delivery's.
  await clock.advance(30_000);
  held.resolve();
  await holding;
  await vi.waitFor(() => expect(ran).toEqual(["one"]));
  await until({ state: "sent", attempts: 2, reason: "DEADLINE_EXCEEDED" });
  await until();
  expect(ran).toEqual(["one", "one"]);
});

test("work that goes on past its operation's timeout is asked after, not joined in vain, and is carried out once", async () => {
  await using room = await openMill();
  const { house, cleaned, ran, until } = room;
  await house.ref(mill).clean({});
  await until({ state: "waiting", reason: "DUPLICATE_KEY" });
  cleaned.resolve();
  await until();
  expect(ran).toEqual(["clean"]);
});
