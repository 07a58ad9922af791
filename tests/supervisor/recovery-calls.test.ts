import { call, contract, type ReeveError } from "@reeve/contract";
import { column, defineManager, defineStore, job, type RecoveryContext, table } from "@reeve/runtime";
import { fakeClock, localCluster } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const ledger = contract("ledger", "1.0", {
  note: call({ input: z.object({ what: z.string() }), output: z.string() }),
});
const works = contract("works", "1.0", {
  begin: call({ input: z.object({ id: z.string() }) }),
  spoil: call({ input: z.object({ id: z.string() }) }),
});
const store = defineStore("works", { tables: { jobs: table({ id: column.text().primaryKey() }) } });

function house(recover: (resource: string, ctx: RecoveryContext) => Promise<void>) {
  const noted: { what: string; peer: string; user: string; requestId: string }[] = [];
  let reach = async () => {};
  const ledgerManager = defineManager({
    contract: ledger,
    setup: async () => {
      await reach();
      return {
        operations: {
          note: ({ what }, { peer, principal, requestId }) => {
            noted.push({ what, peer, user: principal.user, requestId });
            return what;
          },
        },
      };
    },
  });
  const worksManager = defineManager({
    contract: works,
    store,
    jobs: { working: job() },
    setup: ({ store, work }) => ({
      operations: {
        begin: async ({ id }) => void (await store.transaction((tx) => work.begin(tx, "working", id))),
        spoil: async ({ id }) => {
          const job = await store.transaction((tx) => work.begin(tx, "working", id));
          await work.run(job, () => Promise.reject(new Error("spoilt")));
        },
      },
      recover: { working: ({ resource }, ctx) => recover(resource, ctx) },
    }),
  });
  return { noted, ledgerManager, worksManager, holdLedger: (held: () => Promise<void>) => (reach = held) };
}

test("recovery calls others as its manager and for whom the work was begun, under one id that its log has too, and before its own endpoints open", async () => {
  const clock = fakeClock();
  const states: string[] = [];
  const { noted, ledgerManager, worksManager } = house(async (resource, ctx) => {
    states.push(cluster.supervisor.managers()[1]!.status.state);
    ctx.log.info("recovering");
    await ctx.ref(ledger).note({ what: resource });
    await ctx.ref(ledger).note({ what: `${resource} again` });
  });
  const cluster = await localCluster([ledgerManager, worksManager], { clock });
  await cluster.supervisor.as({ user: "ada", tenant: "a", roles: [] }).ref(works).begin({ id: "x" });
  cluster.supervisor.kill("works", "test");
  await clock.advance(1_000);
  expect(states).toEqual(["preRpc"]);
  const { requestId } = noted[0]!;
  const as = { peer: "works/test", user: "ada", requestId };
  expect(noted).toEqual([
    { what: "x", ...as },
    { what: "x again", ...as },
  ]);
  const fields = { hook: "recover working", requestId, manager: "works", address: "test" };
  expect(cluster.log.lines).toContainEqual(
    expect.objectContaining({ message: "recovering", fields: expect.objectContaining(fields) }),
  );
  await cluster.stop();
  expect(clock.pending).toBe(0);
});

test("recovery before the endpoints open does not wait for a manager that does not serve; after a throw, while it serves, it does", async () => {
  const clock = fakeClock();
  const refused: ReeveError[] = [];
  const { noted, ledgerManager, worksManager, holdLedger } = house(async (resource, ctx) => {
    try {
      await ctx.ref(ledger).note({ what: resource });
    } catch (error) {
      refused.push(error as ReeveError);
    }
  });
  const cluster = await localCluster([ledgerManager, worksManager], { clock });
  const { supervisor, ref } = cluster;
  const gate = Promise.withResolvers<void>();
  holdLedger(() => gate.promise);
  await ref(works).begin({ id: "x" });
  supervisor.kill("ledger", "test");
  supervisor.kill("works", "test");
  await clock.advance(1_000);
  expect(refused).toMatchObject([{ reason: "NOT_SERVING", outcome: "not-executed" }]);
  expect(supervisor.managers()).toMatchObject([{ status: { state: "booting" } }, { status: { phase: "ready" } }]);
  const spoiling = failure(ref(works).spoil({ id: "y" }));
  await clock.advance(5_000);
  expect(noted).toEqual([]);
  gate.resolve();
  await spoiling;
  expect(noted).toMatchObject([{ what: "y" }]);
  expect(refused).toHaveLength(1);
  await cluster.stop();
  expect(clock.pending).toBe(0);
});

test("a call that recovery makes ends with its incarnation", async () => {
  const clock = fakeClock();
  const ended: unknown[] = [];
  const { worksManager, ledgerManager, holdLedger } = house(async (resource, ctx) => {
    await ctx
      .ref(ledger)
      .note({ what: resource }, { timeout: "1h" })
      .catch((error) => ended.push(error));
  });
  const cluster = await localCluster([ledgerManager, worksManager], { clock });
  const { supervisor, ref } = cluster;
  holdLedger(() => new Promise(() => {}));
  supervisor.kill("ledger", "test");
  await clock.advance(1_000);
  const spoiling = failure(ref(works).spoil({ id: "y" }));
  await clock.advance(1_000);
  expect(ended).toEqual([]);
  supervisor.kill("works", "test");
  await spoiling;
  await clock.advance(0);
  expect(ended).toHaveLength(1);
  const stopping = cluster.stop();
  await clock.advance(60_000);
  await stopping;
  expect(clock.pending).toBe(0);
});
