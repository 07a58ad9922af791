import { call, contract } from "@reeve/contract";
import { column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { expect, test } from "vitest";
import { z } from "zod";
import { millHouse } from "./mill.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string() }) });
const clerks = contract("clerk", "1.0", { file: call({ input: z.object({}), output: z.string(), timeout: "60s" }) });
const storeOf = (name: string) => defineStore(name, { tables: { notes: table({ id: column.text().primaryKey() }) } });

test("recovery that fails because what it called was fenced is tried again: nobody has fenced this one", async () => {
  const { host, until } = millHouse();
  let rung = 0;
  /** The first time its work is taken from it while it runs, as happens to one that was paused. */
  const bellManager = defineManager({
    contract: bells,
    store: storeOf("bell"),
    jobs: { "bell.ringing": job<undefined>() },
    setup: ({ store, work }) => ({
      operations: {
        ring: async () => {
          rung += 1;
          if (rung > 1) return "rung";
          const begun = await store.transaction((tx) => work.begin(tx, "bell.ringing", "rope", undefined));
          return work.run(begun, async () => {
            await store.transaction((tx) => work.abandon(tx, "rope"));
            return async () => "rung";
          });
        },
      },
      recover: { "bell.ringing": async () => async () => {} },
    }),
  });
  const heard: unknown[] = [];
  const clerkManager = defineManager({
    contract: clerks,
    store: storeOf("clerk"),
    jobs: { "clerk.filing": job<undefined>() },
    setup: ({ store, work }) => ({
      operations: {
        file: async () => {
          const begun = await store.transaction((tx) => work.begin(tx, "clerk.filing", "f1", undefined));
          return work.run(begun, () => {
            throw new Error("the pen is dry");
          });
        },
      },
      recover: {
        "clerk.filing": async (_, { ref }) => {
          const rings = await ref(bells)
            .ring({})
            .catch((error: unknown) => {
              heard.push(error);
              throw error;
            });
          return async () => void heard.push(rings);
        },
      },
    }),
  });
  await host("tower", { definition: bellManager, cluster: null });
  const clerk = await host("desk", { definition: clerkManager, cluster: null });
  void clerk.supervisor
    .as({ user: "ada", roles: [] })
    .ref(clerks)
    .file({})
    .catch(() => undefined);
  await until(() => heard.length === 2, 120_000);
  expect(heard).toEqual([expect.objectContaining({ reason: "FENCED", address: "tower" }), "rung"]);
});
