import { postgres } from "@reeve/postgres";
import { Database, OpenStore } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { postgresServer } from "@reeve/testing";
import { expect, test } from "vitest";
import { commitProxy } from "../postgres/commit-proxy.test-kit.ts";

const part = (file: string): Promise<any> =>
  import(new URL(`../../packages/managers/src/scheduler/${file}.ts`, import.meta.url).href);
const { ReservationLedger } = await part("ledger");
const { schedulerStore } = await part("store");

test("a turn of the ledger is two messages to PostgreSQL, however much it reads and writes", {
  timeout: 60_000,
}, async () => {
  await using server = await postgresServer();
  await using proxy = await commitProxy(server.port);
  const database = await Database.open(postgres({ url: await server.createDatabase(), port: proxy.port }), {
    clock: systemClock,
  });
  await database.migrate(schedulerStore);
  const ledger = new ReservationLedger(new OpenStore({ database, definition: schedulerStore }).store);
  const turn = (name: string, since: number) =>
    ledger.exclusively(async (turn: any) => {
      const { reservations } = await turn.changedSince(since);
      const of = (request: string) => ({ request, manager: "volume", address: "a", needs: {}, holdMs: 1_000 });
      const made = Array.from({ length: 700 }, (_, index) => of(`${name}${index}`));
      await turn.write({ reservations: made, removals: [of("gone")], toldUntil: 0 });
      return [turn.revision, reservations.length];
    });
  expect(await turn("first", 0)).toEqual([1, 0]);
  const before = proxy.roundTrips;
  expect(await turn("second", 1)).toEqual([2, 0]);
  expect(await turn("third", 1)).toEqual([3, 700]);
  expect(proxy.roundTrips - before).toBe(4);
  await database.close();
});
