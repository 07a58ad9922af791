import { call, cast, contract } from "@reeve/contract";
import { column, defineManager, defineStore, table } from "@reeve/runtime";
import { expect, test } from "vitest";
import { z } from "zod";
import { millHouse } from "./mill.ts";

const Hour = z.object({ hour: z.number() });
const bells = contract("bell", "1.0", {
  toll: cast({ input: Hour, durable: true }),
  inTurn: cast({ input: Hour, durable: true, lane: () => "hours" }),
});
const clocks = contract("clock", "1.0", { wind: call({ input: z.object({ hour: z.number() }) }) });
const kept = (name: string) => defineStore(name, { tables: { hours: table({ id: column.text().primaryKey() }) } });

test("what a dead member had cast for later is cast by another, once", async () => {
  const { host, until, pass } = millHouse();
  const tolled: number[] = [];
  const bellManager = defineManager({
    contract: bells,
    store: kept("bell"),
    setup: () => ({ operations: { toll: ({ hour }) => void tolled.push(hour), inTurn: () => {} } }),
  });
  const clockManager = defineManager({
    contract: clocks,
    store: kept("clock"),
    setup: () => ({ operations: { wind: ({ hour }, ctx) => ctx.ref(bells).toll({ hour }, { after: "60s" }) } }),
  });
  await host("tower", { cluster: null, definition: bellManager });
  const a = await host("a", { definition: clockManager });
  const b = await host("b", { definition: clockManager, maxRestarts: 0 });
  await pass(15_000);
  await b.supervisor.ref(clocks).at("b").wind({ hour: 3 });
  b.link.cut();
  // It does not come back: without others nobody would cast.
  await until(() => b.supervisor.managers()[0]!.status.state === "stopped", 20_000);
  expect(tolled).toEqual([]);
  await until(() => tolled.length > 0, 70_000);
  await pass(120_000);
  expect([tolled, a.epoch()]).toEqual([[3], 1]);
});

test("what a member casts in a lane that another has taken over is delivered behind what that one delivers", async () => {
  const { host, until, pass } = millHouse();
  const tolled: number[] = [];
  const bellManager = defineManager({
    contract: bells,
    store: kept("bell"),
    setup: () => ({ operations: { toll: () => {}, inTurn: ({ hour }) => void tolled.push(hour) } }),
  });
  const clockManager = defineManager({
    contract: clocks,
    store: kept("clock"),
    setup: () => ({ operations: { wind: ({ hour }, ctx) => ctx.ref(bells).inTurn({ hour }) } }),
  });
  const a = await host("a", { definition: clockManager });
  const b = await host("b", { definition: clockManager });
  await pass(15_000);
  // Nobody is there to take it.
  const wind = (hour: number) => b.supervisor.ref(clocks).at("b").wind({ hour });
  await wind(1);
  b.link.cut();
  await until(() => b.epoch() > 1, 30_000);
  b.link.heal();
  await pass(15_000);
  await wind(2);
  await wind(3);
  await host("tower", { cluster: null, definition: bellManager });
  await until(() => tolled.length === 3, 60_000);
  expect([tolled, a.epoch()]).toEqual([[1, 2, 3], 1]);
});
