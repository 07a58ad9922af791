import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { LoopTurn } from "../../base/loop-turn.ts";
import { Database } from "../../store/index.ts";
import { sqlite } from "../../store/sqlite/index.ts";
import { Cordons } from "./cordons.ts";

async function open() {
  const database = await Database.open(sqlite({ path: ":memory:" }), {
    clock: systemClock,
    turn: new LoopTurn(systemClock),
  });
  onTestFinished(() => database.close().catch(() => undefined));
  return database;
}

const cordon = { reason: "its disk is replaced", by: "ada", at: 1_000 };

test("what one host cordons on a database that hosts share is none of another's", async () => {
  const database = await open();
  const first = await Cordons.open(database, "block-1");
  await first.set("disk", "block-1@a", cordon);
  await first.set("disk", "block-1", cordon);
  const again = await Cordons.open(database, "block-1");
  expect([again.of("disk/block-1@a"), again.of("disk/block-1")]).toEqual([cordon, cordon]);
  const other = await Cordons.open(database, "block-10");
  expect([other.of("disk/block-1@a"), other.of("disk/block-1")]).toEqual([undefined, undefined]);
});

test("what cannot be committed does not take effect", async () => {
  const database = await open();
  const cordons = await Cordons.open(database, "block-1");
  const place = ["disk", "block-1"] as const;
  await cordons.set(...place, cordon);
  await database.close();
  await expect(cordons.remove(...place)).rejects.toThrow();
  await expect(cordons.set(...place, { ...cordon, reason: "another" })).rejects.toThrow();
  expect(cordons.of("disk/block-1")).toEqual(cordon);
});

test("changes take effect in the order in which they are committed, however late that is noticed", async () => {
  const database = await open();
  const cordons = await Cordons.open(database, "block-1");
  const noticed = Promise.withResolvers<void>();
  const write = database.write.bind(database);
  let writes = 0;
  database.write = async (...given) => {
    const late = writes++ === 0;
    const written = await write(...given);
    if (late) await noticed.promise;
    return written as never;
  };
  const set = cordons.set("disk", "block-1", cordon);
  const removed = cordons.remove("disk", "block-1");
  // Commits what it may by now.
  await write(async () => {}, { timeoutMs: 1_000 });
  noticed.resolve();
  await Promise.all([set, removed]);
  const stored = (await Cordons.open(database, "block-1")).of("disk/block-1");
  expect([cordons.of("disk/block-1"), stored]).toEqual([undefined, undefined]);
});
