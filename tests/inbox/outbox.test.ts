import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { barnManager, barns } from "./barn.ts";

interface Yard {
  readonly mill: Supervisor;
  readonly barn: Supervisor;
  /** `shout` waits for it. */
  gate: () => Promise<void> | undefined;
  stop(): Promise<void>;
  path(host: string): string;
}

/** A host that casts, and one that carries out; with `one` they are the same. */
async function yard(one = false): Promise<Yard> {
  const directory = await mkdtemp(join(tmpdir(), "reeve-yard-"));
  const hub = inProcess();
  const path = (host: string) => join(directory, `${one ? "barn-01" : host}.sqlite`);
  const made = ["barn-01", ...(one ? [] : ["mill-01"])].map((host) =>
    createSupervisor({
      ...{ host, store: sqlite({ path: path(host) }), transport: hub.client({ caller: host }) },
      ...{ trustedForwarders: ["mill-01"], log: { level: "silent" as const } },
    }),
  );
  const [barn, mill = barn] = made as [Supervisor, Supervisor?];
  const stop = async () => {
    await mill.stop();
    await barn.stop();
  };
  const opened: Yard = { mill, barn, gate: () => undefined, stop, path };
  barn.spawn(barnManager(join(directory, "shouts"), () => opened.gate()));
  onTestFinished(async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });
  for (const supervisor of made) await supervisor.start();
  return opened;
}

function textsOf(path: string, query: string): readonly string[] {
  const database = new DatabaseSync(path);
  try {
    return database
      .prepare(query)
      .all()
      .map(({ text }) => String(text));
  } finally {
    database.close();
  }
}

test.each([
  ["in its own process", true],
  ["in another", false],
])("of casts to a barn %s, no key is kept but of those that the outbox keeps", async (_, one) => {
  const { mill, barn, stop, path } = await yard(one);
  const casts = mill.ref(barns).at("barn-01");
  const bales = Array.from({ length: 300 }, (_, index) => `b${index}`);
  for (let at = 0; at < bales.length; at += 30)
    await Promise.all(bales.slice(at, at + 30).map((bale) => casts.store({ bale })));
  const last = barn.ref(barns).at("barn-01");
  await vi.waitFor(
    async () => {
      for (const bale of bales) expect(await last.steps({ bale })).toEqual(["stored"]);
    },
    { timeout: 20_000, interval: 100 },
  );
  await stop();
  const keys = textsOf(path("barn-01"), `select "key" as text from "reeve_callKeys" where "key" like 'cast-%'`);
  const rows = textsOf(path("mill-01"), `select "key" as text from reeve_outbox`);
  const kept = new Set(rows.map((key) => `cast-${key}`));
  expect(keys.filter((key) => !kept.has(key))).toEqual([]);
  expect(keys.length).toBeLessThan(150);
});

test("an operator sees a dead letter, replays it when its cause is gone, and drops one that waits for nobody", async () => {
  const opened = await yard();
  const { mill } = opened;
  opened.gate = () => Promise.reject(new Error("the roof leaks"));
  await mill.ref(barns).at("barn-01").shout({ bale: "b1" });
  const host = mill
    .as({ user: "ada", roles: ["operator"] })
    .ref(hosts)
    .at("mill-01");
  const listed = async (state: "dead" | "waiting") => (await host.casts({ filter: { state } })).items;
  const [dead] = await vi.waitFor(async () => {
    const items = await listed("dead");
    expect(items).toHaveLength(1);
    return items;
  });
  expect(dead).toMatchObject({ manager: "barn", operation: "shout", address: "barn-01", reason: "UNDECLARED" });
  opened.gate = () => undefined;
  expect(await host.replayCast({ id: dead!.id, reason: "the roof is mended" })).toMatchObject({ state: "waiting" });
  await vi.waitFor(async () => expect(await listed("dead")).toEqual([]));
  await mill.ref(barns).at("barn-09").shout({ bale: "b2" });
  const [waiting] = await vi.waitFor(async () => {
    const items = (await listed("waiting")).filter(({ attempts }) => attempts > 0);
    expect(items).toHaveLength(1);
    return items;
  });
  await expect(host.replayCast({ id: waiting!.id, reason: "why not" })).rejects.toMatchObject({
    ...{ reason: "CAST_NOT_DEAD", data: { id: waiting!.id, state: "waiting" } },
  });
  expect(await host.dropCast({ id: waiting!.id, reason: "there is no such barn" })).toMatchObject({ id: waiting!.id });
  expect((await host.casts({})).items).toEqual([]);
  const audited = (await host.audit({})).items.map(({ operation, outcome }) => `${operation} ${outcome}`);
  expect(audited).toEqual(["dropCast done", "replayCast failed", "replayCast done"]);
});
