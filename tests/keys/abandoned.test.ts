import { call, contract } from "@reeve/contract";
import { column, defineManager, defineStore, job, table } from "@reeve/runtime";
import { fakeClock, localCluster } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const Id = z.object({ id: z.string() });
const Disk = Id.extend({ status: z.string() });
const disks = contract("disk", "1.0", {
  make: call({ input: Id, output: Disk, dedupe: "store", timeout: "10m", lane: ({ id }) => id }),
});
const store = defineStore("disk", {
  tables: { disks: table({ id: column.text().primaryKey(), status: column.text() }) },
});

/** Where a handler hangs, heeding nothing; `never` returns from there. */
type HangsAt = "before its first commit" | "in its work" | "after its work failed";

async function house(hangsAt: HangsAt, answers: boolean) {
  const clock = fakeClock();
  const gate = Promise.withResolvers<void>();
  const hung = Promise.withResolvers<void>();
  const late: unknown[] = [];
  let hangs = true;
  let runs = 0;
  const hang = (): Promise<void> => {
    if (!hangs) return Promise.resolve();
    hung.resolve();
    return gate.promise;
  };
  const manager = defineManager({
    contract: disks,
    store,
    jobs: { making: job<{ id: string }>() },
    setup: ({ store, work }) => {
      const begin = (id: string) =>
        store.transaction(async (tx) => {
          await tx.insert("disks", { id, status: "making" });
          return work.begin(tx, "making", `making:${id}`, { id }, { keyStandsFor: id });
        });
      return {
        operations: {
          async make({ id }) {
            runs++;
            if (hangsAt === "before its first commit") {
              await hang();
              await begin(`${id}-late`).catch((error: unknown) => late.push(error));
            }
            const job = await begin(id);
            const working = work.run(job, async () => {
              if (hangsAt === "in its work") await hang();
              if (hangsAt === "after its work failed") throw new Error("the array is full");
              return (tx) => tx.update("disks", id, { status: "made" });
            });
            if (hangsAt === "after its work failed") await working.catch(hang);
            return working;
          },
        },
        recover: {
          making:
            ({ payload: { id } }) =>
            (tx) =>
              answers
                ? tx.update("disks", id, { status: "mended" })
                : tx
                    .deleteFrom("disks")
                    .where("id", "=", id)
                    .execute()
                    .then(() => {}),
        },
      };
    },
  });
  const cluster = await localCluster([manager], { clock });
  const { supervisor } = cluster;
  return {
    late,
    hung: hung.promise,
    runs: () => runs,
    make: () =>
      cluster
        .ref(disks)
        .make({ id: "a" }, { idempotencyKey: "k1" })
        .then(
          (value) => ({ value }),
          (error) => error,
        ),
    abandon: () => supervisor.abandon("disk", "test", { resource: "a", reason: "the array was rebooted" }),
    release() {
      hangs = false;
      gate.resolve();
    },
    async crash() {
      supervisor.kill("disk", "test");
      await clock.advance(5_000);
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

const abandoned = { reason: "ABANDONED", outcome: "maybe-executed" };
const mended = { value: { id: "a", status: "mended" } };

describe("a stored key whose call an operator has abandoned, while its handler never returns", () => {
  test("gets what recovery makes of its work, also for those that repeat it", async () => {
    await using home = await house("in its work", true);
    const first = home.make();
    await home.hung;
    home.abandon();
    expect(await first).toMatchObject(abandoned);
    await expect.poll(home.make).toEqual(mended);
    await home.crash();
    expect(await home.make()).toEqual(mended);
    expect(home.runs()).toBe(1);
  });

  test("ends without an answer where recovery has none, and names what it stands for", async () => {
    await using home = await house("in its work", false);
    const first = home.make();
    await home.hung;
    home.abandon();
    expect(await first).toMatchObject(abandoned);
    const ended = {
      reason: "DUPLICATE_KEY",
      retryable: false,
      outcome: "executed",
      data: { state: "ended", resource: "a" },
    };
    await expect.poll(home.make).toMatchObject(ended);
    await home.crash();
    expect(await home.make()).toMatchObject(ended);
    expect(home.runs()).toBe(1);
  });

  test("keeps what was recovered before the handler hung", async () => {
    await using home = await house("after its work failed", true);
    const first = home.make();
    await home.hung;
    home.abandon();
    expect(await first).toMatchObject(abandoned);
    expect(await home.make()).toEqual(mended);
    home.release();
    await home.crash();
    expect(await home.make()).toEqual(mended);
    expect(home.runs()).toBe(1);
  });

  test("is free where nothing was committed, and the handler commits nothing any more", async () => {
    await using home = await house("before its first commit", true);
    const first = home.make();
    await home.hung;
    home.abandon();
    expect(await first).toMatchObject(abandoned);
    const again = home.make();
    await expect.poll(home.runs).toBe(2);
    home.release();
    expect(await again).toEqual({ value: { id: "a", status: "made" } });
    await expect.poll(() => home.late).toMatchObject([{ reason: "ABANDONED" }]);
    await home.crash();
    expect(await home.make()).toEqual({ value: { id: "a", status: "made" } });
    expect(home.runs()).toBe(2);
  });
});
