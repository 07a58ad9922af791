import { call, cast, contract } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { defineManager } from "../manager/definition.ts";
import { Registry } from "../registry/index.ts";
import { column, Database, defineStore, type StoreBackend, table } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { createSupervisor } from "./supervisor.ts";

const notes = contract("notes", "1.0", {
  write: call({ input: z.object({ id: z.string() }), output: z.string() }),
  count: call({ input: z.object({}), output: z.number() }),
  later: cast({ input: z.object({}) }),
});
const notesStore = defineStore("notes", { tables: { notes: table({ id: column.text().primaryKey() }) } });

/** A database that a second process could have open too: what it does there, the test does. */
function sharedDatabase() {
  const inner = sqlite({ path: ":memory:" });
  let connections: ReturnType<StoreBackend["open"]> | undefined;
  const backend: StoreBackend = { ...inner, open: (options) => (connections ??= inner.open(options)) };
  const clock = new ManualClock();
  const rival = async () => {
    const database = await Database.open(backend, { clock });
    let id = 0;
    return Registry.open({ database, clock, ids: () => `rival-${id++}` });
  };
  return { backend, clock, rival };
}

test("an incarnation that somebody else has succeeded writes no more, ends, and is not restarted", async () => {
  const { backend, clock, rival } = sharedDatabase();
  const log = recordingLogger();
  const kept: { write?: (id: string) => Promise<unknown> } = {};
  let setups = 0;
  const manager = defineManager({
    contract: notes,
    store: notesStore,
    setup: ({ store }) => {
      setups++;
      kept.write = (id) => store.transaction((tx) => tx.insert("notes", { id }));
      return {
        operations: {
          write: async ({ id }) => {
            await kept.write!(id);
            return id;
          },
          count: async () => (await store.selectFrom("notes").select("id").execute()).length,
          later: () => {},
        },
      };
    },
  });
  const supervisor = createSupervisor({ host: "a", store: backend, log, clock });
  supervisor.spawn(manager);
  await supervisor.start();
  const ref = supervisor.ref(notes);
  await ref.write({ id: "one" });
  const registry = await rival();
  await registry.register({ manager: "notes", address: "a", version: "1.0" });
  await expect(ref.write({ id: "two" })).rejects.toMatchObject({ reason: expect.stringMatching(/FENCED|PEER_LOST/) });
  await expect(supervisor.finished).rejects.toMatchObject({ reason: "FENCED" });
  await expect(kept.write!("three")).rejects.toMatchObject({ reason: "FENCED" });
  await supervisor.stop();
  await clock.advance(60_000);
  expect(setups).toBe(1);
  expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { state: "stopped" } }]);
  expect(clock.pending).toBe(0);
});
