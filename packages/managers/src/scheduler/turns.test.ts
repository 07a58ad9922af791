import { AsyncLocalStorage } from "node:async_hooks";
import { reeveError } from "@reeve/contract";
import { ManualClock } from "@reeve/runtime/internal";
import { expect, onTestFinished, test } from "vitest";
import { type LedgerTurn, ReservationLedger } from "./ledger.ts";
import type { Reservation } from "./reservation.ts";
import { ReservationIndex } from "./reservation-index.ts";
import { openSchedulerStore } from "./scheduler-store.fixture.ts";
import { type Draft, Turns } from "./turns.ts";

/** Time that passes within one step. */
class SpentClock extends ManualClock {
  spent = 0;
  override now() {
    return super.now() + this.spent;
  }
}

type Exclusively = ReservationLedger["exclusively"];

async function bench(wrap: (exclusively: Exclusively) => Exclusively = (exclusively) => exclusively) {
  const opened = await openSchedulerStore();
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const clock = new SpentClock();
  const ledger = new ReservationLedger(opened.store);
  let begun = 0;
  const counted: Exclusively = (body) => {
    begun += 1;
    return ledger.exclusively(body);
  };
  const index = new ReservationIndex(() => {});
  const turns = new Turns({ clock, ledger: { exclusively: wrap(counted) }, index });
  const rows = async () => (await ledger.changedSince(0)).reservations;
  const requests = async () => (await rows()).map(({ request }) => request).sort();
  return { clock, index, ledger, turns, rows, requests, begun: () => begun };
}

function held(request: string, address = "a"): Omit<Reservation, "revision"> {
  const ends = { holdMs: 1_000, heldUntil: undefined, visibleFrom: undefined };
  return { request, manager: "volume", address, needs: { sizeGiB: 1 }, ...ends };
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

test("what waits is one commit, decided in order, and the later ones see the earlier ones", async () => {
  const { turns, index, rows, begun } = await bench();
  const decide = (draft: Draft) => {
    const before = index.size;
    draft.put(held(`r${before}`));
    return before;
  };
  expect(await Promise.all(range(100).map(() => turns.decide(decide)))).toEqual(range(100));
  expect([begun(), new Set((await rows()).map(({ revision }) => revision))]).toEqual([1, new Set([1])]);
});

test("the last form of a request is what a turn writes", async () => {
  const { turns, rows, requests } = await bench();
  await Promise.all([
    turns.decide((draft) => draft.put(held("moved"))),
    turns.decide((draft) => draft.put(held("ended"))),
    turns.decide((draft) => draft.put(held("moved", "b"))),
    turns.decide((draft) => draft.remove("ended")),
    turns.decide((draft) => draft.put(held("back"))),
    turns.decide((draft) => draft.remove("back")),
    turns.decide((draft) => draft.put(held("back"))),
  ]);
  expect([await requests(), (await rows()).find(({ request }) => request === "moved")?.address]).toEqual([
    ["back", "moved"],
    "b",
  ]);
});

test("one that throws harms nobody else", async () => {
  const { turns, requests, begun } = await bench();
  const decided = await Promise.allSettled([
    turns.decide((draft) => draft.put(held("a"))),
    turns.decide(() => {
      throw new Error("mine");
    }),
    turns.decide((draft) => draft.put(held("b"))),
  ]);
  expect(decided.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect([await requests(), begun()]).toEqual([["a", "b"], 1]);
});

test("a turn is nobody's call: the end of one caller's stops nothing of the others", async () => {
  const { turns } = await bench();
  const call = new AsyncLocalStorage<string>();
  const seen = await call.run("the first caller", () => turns.decide(() => call.getStore()));
  expect(seen).toBeUndefined();
});

test("a turn takes in no more when it has lasted long enough, and the rest has the next one", async () => {
  const { clock, turns, requests, begun } = await bench();
  const slow = (request: string) => (draft: Draft) => {
    clock.spent += 2;
    draft.put(held(request));
    return draft.now;
  };
  const times = await Promise.all(range(7).map((one) => turns.decide(slow(`r${one}`))));
  // Three of 2 ms fill the 5 ms of a turn.
  expect([begun(), times]).toEqual([3, [0, 0, 0, 6, 6, 6, 12]]);
  expect(await requests()).toHaveLength(7);
});

test("a turn that fails fails its own decisions; what it had decided is not believed", async () => {
  let failing = false;
  const { index, turns, requests } = await bench(
    (exclusively) => (body) =>
      exclusively(async (turn) => {
        const result = await body(turn);
        if (failing) throw new Error("the disk is full");
        return result;
      }),
  );
  await turns.decide((draft) => draft.put(held("before")));
  failing = true;
  const lost = range(3).map((one) => turns.decide((draft) => draft.put(held(`lost${one}`))));
  const outcomes = await Promise.allSettled(lost);
  expect(outcomes.map((one) => one.status === "rejected" && (one.reason as Error).message)).toEqual(
    Array(3).fill("the disk is full"),
  );
  failing = false;
  expect(await turns.decide(() => index.size)).toBe(1);
  await turns.decide((draft) => draft.put(held("kept")));
  expect([await requests(), index.size]).toEqual([["before", "kept"], 2]);
});

test("a turn that is run again decides anew, and each caller hears what was committed", async () => {
  let rerun = false;
  const { index, turns, rows } = await bench((exclusively) => async (body) => {
    if (rerun) {
      rerun = false;
      // As a database that has found another's commit in the way: the first run is rolled back.
      await exclusively(async (turn: LedgerTurn) => {
        await body(turn);
        throw new Error("serialization failure");
      }).catch(() => {});
      await exclusively((turn) =>
        turn.write({ reservations: [{ ...held("others"), revision: 0 }], removals: [], toldUntil: 0 }),
      );
    }
    return exclusively(body);
  });
  const decide = (request: string) => (draft: Draft) => {
    const before = index.size;
    draft.put(held(request));
    return before;
  };
  await turns.decide(decide("before"));
  rerun = true;
  expect(await Promise.all([turns.decide(decide("a")), turns.decide(decide("b"))])).toEqual([2, 3]);
  expect((await rows()).map(({ request, revision }) => `${request}${revision}`).sort()).toEqual([
    "a3",
    "b3",
    "before1",
    "others2",
  ]);
});

test("a store that lets no turn begin fails what waits, and not what comes later", async () => {
  let away = true;
  const { turns, requests } = await bench(
    (exclusively) => (body) => (away ? Promise.reject(new Error("the store is away")) : exclusively(body)),
  );
  const waiting = range(3).map((one) => turns.decide((draft) => draft.put(held(`lost${one}`))));
  for (const one of waiting) await expect(one).rejects.toThrow("the store is away");
  away = false;
  await turns.decide((draft) => draft.put(held("kept")));
  expect(await requests()).toEqual(["kept"]);
});

test("a turn that has waited too long for the ledger is tried again, a few times", async () => {
  let late = 4;
  const { turns, requests, begun } = await bench((exclusively) => (body) => {
    if (late-- > 0) return Promise.reject(reeveError("TRANSACTION_TIMEOUT", "a transaction took longer than 10000 ms"));
    return exclusively(body);
  });
  await turns.decide((draft) => draft.put(held("a")));
  expect([await requests(), begun()]).toEqual([["a"], 1]);
  late = 5;
  await expect(turns.decide((draft) => draft.put(held("b")))).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  await turns.decide((draft) => draft.put(held("c")));
  expect(await requests()).toEqual(["a", "c"]);
});

test("one that was decided before its time was over is not decided again", async () => {
  let tries = 0;
  const { turns } = await bench((exclusively) => (body) => {
    tries += 1;
    return exclusively(async (turn) => {
      await body(turn);
      throw reeveError("TRANSACTION_TIMEOUT", "a transaction took longer than 10000 ms");
    });
  });
  await expect(turns.decide((draft) => draft.put(held("a")))).rejects.toMatchObject({ reason: "TRANSACTION_TIMEOUT" });
  expect(tries).toBe(1);
});
