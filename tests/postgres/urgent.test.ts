import { AsyncLocalStorage } from "node:async_hooks";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Counters, counters, openCounters } from "./counters.test-kit.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** One of three sessions for transactions is kept, from the first urgent one on. */
async function opened() {
  const made = await openCounters({ url: await server.createDatabase(), pool: { max: 4 } });
  onTestFinished(() => made[Symbol.asyncDispose]());
  await urgently(made, async () => {});
  return made;
}

const urgently = <R>({ database }: Counters, body: (tables: ReturnType<typeof within>) => Promise<R>) =>
  database.write((session) => body(within({ database }, session)), { timeoutMs: 10_000, urgent: true });

function within(
  { database }: Pick<Counters, "database">,
  session: Parameters<Parameters<typeof database.write>[0]>[0],
) {
  return database.within(session, counters);
}

/** A transaction that holds its session until it is let go. */
function held({ store }: Counters, id: string) {
  const { promise: gate, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const done = store.transaction(async (tx) => {
    await tx.insert("counters", { id });
    resolve();
    await gate;
  });
  return { begun, letGo, done };
}

test("what is urgent is done while all other sessions are held, and before those that wait", async () => {
  const made = await opened();
  const holders = [held(made, "a"), held(made, "b")];
  await Promise.all(holders.map(({ begun }) => begun));
  const waiting = held(made, "c");
  let waited = true;
  void waiting.begun.then(() => {
    waited = false;
  });
  for (let n = 0; n < 5; n++)
    await urgently(made, (tables) =>
      tables
        .insertInto("counters")
        .values({ id: `urgent-${n}` })
        .execute(),
    );
  expect(waited).toBe(true);
  for (const holder of [...holders, waiting]) holder.letGo();
  await Promise.all([...holders, waiting].map(({ done }) => done));
  expect(await made.store.selectFrom("counters").select("id").execute()).toHaveLength(8);
});

test("what is urgent and in conflict waits for no other that is", async () => {
  const made = await opened();
  await made.store.transaction((tx) => tx.insert("counters", { id: "a" }));
  const outside = AsyncLocalStorage.snapshot();
  let changes = 0;
  const stuck = Promise.withResolvers<void>();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const conflict = async () => {
    // Read here, and changed by another before this one changes it.
    await made.store.transaction(async (tx) => void (await tx.update("counters", "a", { value: changes++ })));
  };
  /** In conflict until its fourth attempt, which has its turn alone in this process. */
  const clash = (urgent: boolean, last: () => Promise<unknown>) => {
    let tries = 0;
    return made.database.write(
      async (session) => {
        const tables = within(made, session);
        await tables.selectFrom("counters").selectAll().where("id", "=", "a").execute();
        if (tries++ < 4) await outside(conflict);
        else await last();
        await tables.updateTable("counters").set({ value: -1 }).where("id", "=", "a").execute();
      },
      { timeoutMs: 20_000, urgent },
    );
  };
  const patient = clash(false, async () => {
    resolve();
    await stuck.promise;
  });
  await begun;
  await clash(true, async () => {});
  stuck.resolve();
  await patient;
});
