import { postgres } from "@reeve/postgres";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { brokenStore } from "./broken-store.ts";
import { seen, workWitnessed } from "./witness.ts";

// What controls.test.ts does with processes, one journal at a time: there, the order of what happens cannot be held.
const kit = new URL("../../../packages/runtime/src/recovery/house.test-kit.ts", import.meta.url).href;
const { begin, markedAs, openHouse } = (await import(kit)) as Readonly<Record<"begin" | "markedAs" | "openHouse", any>>;

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** Two incarnations of one address: the older one finishes its work when the newer has registered, and has recovered nothing. */
async function finishLate(rule: "kept" | "broken") {
  const url = await server.createDatabase();
  const backend = () => {
    const real = postgres({ url });
    return rule === "broken" ? brokenStore(real, "fence", "block-01") : real;
  };
  // As two processes: each with what it has been told of its epoch.
  const open = async () => {
    const house = await openHouse(undefined, undefined, backend());
    onTestFinished(() => house.database.close());
    return house;
  };
  const [one, other] = [await open(), await open()];
  const older = await one.start();
  await workWitnessed(server, url);
  older.journal.use({ "volume.creating": markedAs("recovered by the older") });
  const job = await begin(older, "v1");
  const [inside, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const finished: Promise<string> = older.work
    .run(job, async () => {
      inside.resolve();
      await gate.promise;
      return async (tx: any) => {
        await tx.update("volumes", "v1", { status: "finished by the older" });
        return "finished";
      };
    })
    .catch(({ reason }: { readonly reason: string }) => reason);
  await inside.promise;
  const newer = await other.start();
  newer.journal.use({ "volume.creating": markedAs("recovered by the newer") });
  gate.resolve();
  const told = await finished;
  const { recovered } = await newer.journal.recoverCrashed();
  const query = (text: string) => server.query(text, [], url);
  const [volume] = await query("select status from volume_volumes");
  const history = await query("select kind, detail from witness order by at");
  const { stale } = await seen(server, url);
  expect(await one.rows()).toEqual([]);
  return { told, recovered, status: volume?.status, history: history.map(({ kind }) => kind), stale };
}

test("who finishes when its successor has registered writes nothing, and the successor ends the work once", async () => {
  expect(await finishLate("kept")).toEqual({
    told: "FENCED",
    recovered: 1,
    status: "recovered by the newer",
    history: ["begin", "claim", "clear"],
    stale: [],
  });
});

test("with the fence broken the checker tells who has finished stale", async () => {
  expect(await finishLate("broken")).toEqual({
    told: "finished",
    recovered: 0,
    status: "finished by the older",
    history: ["begin", "clear", "stale"],
    stale: ["cleared for block-01 of epoch 1"],
  });
});
