import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cast, contract } from "@reeve/contract";
import { carriedOut, column, createSupervisor, defineManager, defineStore, inProcess, table } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { deliver } from "./delivery.ts";

const store = defineStore("mill", { tables: { sacks: table({ id: column.text().primaryKey() }) } });

/** A mill whose contract has this version, and whose schema makes this of a sack. */
function millManager(version: `${number}.${number}`, grade: z.ZodType, ground: string[]) {
  const mills = contract("mill", version, {
    grind: cast({ input: z.object({ sack: z.string(), grade }), durable: true }),
  });
  return defineManager({
    contract: mills,
    store,
    setup: ({ store }) => ({
      operations: {
        grind: ({ sack }) =>
          store.transaction(async (tx) => {
            ground.push(sack);
            await tx.insert("sacks", { id: sack });
            return carriedOut;
          }),
      },
    }),
  });
}

test("a cast that an older version has carried out is not done again by a newer one that reads it otherwise", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-mill-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const hub = inProcess();
  const web = hub.client({ caller: "web" });
  await web.connect();
  const ground: string[] = [];
  const grades = [z.string().optional(), z.string().default("fine")];
  for (const [minor, grade] of grades.entries()) {
    const supervisor = createSupervisor({
      ...{ host: "mill-01", transport: hub.client({ caller: "mill-01" }), log: { level: "silent" } },
      store: sqlite({ path: join(directory, "mill.sqlite") }),
    });
    supervisor.spawn(millManager(`1.${minor}`, grade, ground));
    await supervisor.start();
    const delivery = { id: "c1", input: { sack: "s1" }, manager: "mill", address: "mill-01" };
    expect((await deliver(web, "grind", delivery)).reason).toBeUndefined();
    const other = { ...delivery, input: { sack: "s2" } };
    expect((await deliver(web, "grind", other)).reason).toBe("INVALID_INPUT");
    await supervisor.stop();
  }
  expect(ground).toEqual(["s1"]);
});
