import { call, contract, ReeveError } from "@reeve/contract";
import { column, defineManager, defineStore, job, type Recover, type RecoveryContext, table } from "@reeve/runtime";
import { fakeClock, localCluster } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const Id = z.object({ id: z.string() });
const Disk = Id.extend({ status: z.string() });
const disks = contract("disk", "1.0", {
  make: call({ input: Id, output: Disk, dedupe: "store", errors: { SPOILT: z.object({}) }, timeout: "10m" }),
  /** Makes another disk through a nested call of its own. */
  twin: call({ input: Id, output: Disk, dedupe: "store", timeout: "10m" }),
});
const store = defineStore("disk", {
  tables: { disks: table({ id: column.text().primaryKey(), status: column.text() }) },
});

type Effect = () => Promise<void>;
type Settle = (id: string, ctx: RecoveryContext) => ReturnType<Recover<typeof store>>;

/** A manager whose work and recovery are the test's. */
async function house(effect: Effect, recover: Settle, caught: (error: unknown, ctx: any) => unknown = rethrow) {
  const clock = fakeClock();
  const runs: string[] = [];
  const manager = defineManager({
    contract: disks,
    store,
    jobs: { making: job<{ id: string }>() },
    setup: ({ store, work }) => ({
      operations: {
        async make({ id }, ctx) {
          runs.push(id);
          const job = await store.transaction(async (tx) => {
            await tx.insert("disks", { id, status: "making" });
            return work.begin(tx, "making", `making:${id}`, { id }, { keyStandsFor: id });
          });
          try {
            return await work.run(job, async () => {
              await effect();
              return (tx) => tx.update("disks", id, { status: "made" });
            });
          } catch (error) {
            return caught(error, ctx) as never;
          }
        },
        async twin({ id }, ctx) {
          await store.transaction((tx) => tx.insert("disks", { id, status: "planned" }).then(() => undefined));
          await ctx.ref(disks).make({ id: `${id}-twin` });
          return never();
        },
      },
      recover: { making: ({ payload }, ctx) => recover(payload.id, ctx) },
    }),
  });
  const cluster = await localCluster([manager], { clock });
  return {
    clock,
    runs,
    cluster,
    ref: cluster.ref(disks),
    async crash() {
      cluster.supervisor.kill("disk", "test");
      await clock.advance(5_000);
    },
    async [Symbol.asyncDispose]() {
      await cluster.stop();
    },
  };
}

const rethrow = (error: unknown) => {
  throw error;
};
const never = () => new Promise<never>(() => {});
const key = { idempotencyKey: "k1", timeout: "10m" } as const;
const a = { id: "a" };

async function reasonOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

/** An effect that says when it has begun, and never ends. */
function endless() {
  const begun = Promise.withResolvers<void>();
  const effect = () => {
    begun.resolve();
    return never();
  };
  return { begun: begun.promise, effect };
}

const mend: Settle = (id) => (tx) => tx.update("disks", id, { status: "mended" });
const drop: Settle = (id) => async (tx) => void (await tx.deleteFrom("disks").where("id", "=", id).execute());

describe("after a crash", () => {
  test("what recovery returns is the answer for the key, kept, and nothing runs again", async () => {
    const { begun, effect } = endless();
    await using home = await house(effect, mend);
    const first = reasonOf(home.ref.make(a, key));
    await begun;
    await home.crash();
    expect(await first).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
    for (let time = 0; time < 2; time++) {
      expect(await home.ref.make(a, key)).toEqual({ id: "a", status: "mended" });
      await home.crash();
    }
    expect(home.runs).toEqual(["a"]);
  });

  test("without an answer the error names what the key stands for, says that it ran, and stays", async () => {
    const { begun, effect } = endless();
    await using home = await house(effect, drop);
    void reasonOf(home.ref.make(a, key));
    await begun;
    await home.crash();
    const ended = {
      ...{ reason: "DUPLICATE_KEY", outcome: "executed", retryable: false },
      data: { state: "ended", resource: "a" },
    };
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject(ended);
    await home.crash();
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject(ended);
    expect(home.runs).toEqual(["a"]);
  });

  test("while its work is not recovered the key is told to be running, and to be tried again; then it is answered", async () => {
    const { begun, effect } = endless();
    let failing = true;
    await using home = await house(effect, (id, ctx) => {
      if (failing) throw new Error("not yet");
      return mend(id, ctx);
    });
    void reasonOf(home.ref.make(a, key));
    await begun;
    await home.crash();
    const running = { reason: "DUPLICATE_KEY", retryable: true, data: { state: "running", resource: "a" } };
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ ...running, outcome: "maybe-executed" });
    failing = false;
    await home.clock.advance(120_000);
    expect(await home.ref.make(a, key)).toEqual({ id: "a", status: "mended" });
    expect(home.runs).toEqual(["a"]);
  });

  test("recovery acts for whom the work was begun, and answers nobody else", async () => {
    const { begun, effect } = endless();
    const seen: unknown[] = [];
    await using home = await house(effect, (id, ctx) => {
      seen.push(ctx.principal);
      return mend(id, ctx);
    });
    const ada = { user: "ada", tenant: "t1", roles: ["maker"] };
    void reasonOf(home.cluster.as(ada).ref(disks).make(a, key));
    await begun;
    await home.crash();
    expect(seen).toEqual([ada]);
    expect(await home.cluster.as(ada).ref(disks).make(a, key)).toEqual({ id: "a", status: "mended" });
    // To anybody else it is another key, and runs.
    void reasonOf(
      home.cluster
        .as({ ...ada, tenant: "t2" })
        .ref(disks)
        .make({ id: "b" }, key),
    );
    await expect.poll(() => home.runs).toEqual(["a", "b"]);
    // What never ends would hold up the stop.
    await home.crash();
  });

  test("a nested call's work and answers are not those of the key that it was called under", async () => {
    await using home = await house(async () => {}, mend);
    void reasonOf(home.ref.twin(a, key));
    await expect.poll(() => home.runs).toEqual(["a-twin"]);
    await home.clock.advance(100);
    await home.crash();
    const unknown = { reason: "DUPLICATE_KEY", outcome: "maybe-executed", data: { state: "interrupted" } };
    expect(await reasonOf(home.ref.twin(a, key))).toMatchObject(unknown);
  });
});

describe("in the living process", () => {
  const fail = () => Promise.reject(new Error("the array is full"));

  test("a call whose work failed is answered by what recovery made of it, like those that repeat it", async () => {
    await using home = await house(fail, mend);
    const mended = { id: "a", status: "mended" };
    expect(await home.ref.make(a, key)).toEqual(mended);
    expect(await home.ref.make(a, key)).toEqual(mended);
    await home.crash();
    expect(await home.ref.make(a, key)).toEqual(mended);
    expect(home.runs).toEqual(["a"]);
  });

  test("one that catches the failure and answers keeps its own answer", async () => {
    await using home = await house(fail, mend, () => ({ id: "a", status: "its own" }));
    const own = { id: "a", status: "its own" };
    expect(await home.ref.make(a, key)).toEqual(own);
    await home.crash();
    expect(await home.ref.make(a, key)).toEqual(own);
  });

  test("one that catches the failure and declares an error keeps that", async () => {
    await using home = await house(fail, mend, (_error, ctx) => ctx.fail("SPOILT", {}));
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ reason: "SPOILT" });
    await home.crash();
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ reason: "SPOILT", outcome: "executed" });
  });

  test("where recovery has no answer, a repetition is told what the key stands for", async () => {
    await using home = await house(fail, drop);
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ reason: "UNDECLARED" });
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({
      ...{ reason: "DUPLICATE_KEY", outcome: "executed", retryable: false },
      data: { resource: "a" },
    });
    expect(home.runs).toEqual(["a"]);
  });

  test("a certain error is not the answer either while recovery may still make one", async () => {
    let failing = true;
    const full = { code: "UNAVAILABLE", reason: "DRIVER_FAILED", message: "full", outcome: "executed" } as const;
    const certain = () => Promise.reject(new ReeveError(full));
    await using home = await house(certain, (id, ctx) => {
      if (failing) throw new Error("not yet");
      return mend(id, ctx);
    });
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ reason: "DRIVER_FAILED" });
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ data: { state: "running", resource: "a" } });
    failing = false;
    await home.clock.advance(120_000);
    expect(await home.ref.make(a, key)).toEqual({ id: "a", status: "mended" });
  });

  test("until recovery has succeeded a repetition is told to try again, and then gets its answer", async () => {
    let failing = true;
    await using home = await house(fail, (id, ctx) => {
      if (failing) throw new Error("not yet");
      return mend(id, ctx);
    });
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject({ reason: "UNDECLARED" });
    const running = { reason: "DUPLICATE_KEY", retryable: true, data: { state: "running", resource: "a" } };
    expect(await reasonOf(home.ref.make(a, key))).toMatchObject(running);
    failing = false;
    await home.clock.advance(120_000);
    expect(await home.ref.make(a, key)).toEqual({ id: "a", status: "mended" });
    expect(home.runs).toEqual(["a"]);
  });
});
