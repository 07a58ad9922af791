import { call, contract } from "@reeve/contract";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { defineManager } from "../manager/definition.ts";
import { Registry } from "../registry/index.ts";
import { Announcer } from "../registry/membership/index.ts";
import { Database, type StoreBackend } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { memoryCounters, recordingLogger, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { createSupervisor } from "./supervisor.ts";

const bells = contract("bell", "1.2", { ring: call({ input: z.object({}), output: z.string() }) });

/** A database that a second process could have open too: what it does there, the test does. */
function sharedDatabase(clock: ManualClock) {
  const inner = sqlite({ path: ":memory:" });
  let connections: ReturnType<StoreBackend["open"]> | undefined;
  // What one of them closes, the others still have open.
  const open: StoreBackend["open"] = (options) =>
    (connections ??= inner.open(options).then((opened) => {
      const close = opened.close.bind(opened);
      onTestFinished(close);
      return Object.assign(opened, { close: async () => {} });
    }));
  const backend: StoreBackend = { ...inner, open };
  let id = 0;
  const rival = async () =>
    Registry.open({ database: await Database.open(backend, { clock }), clock, ids: () => `rival-${id++}` });
  return { backend, rival };
}

/** A host "a" whose bell keeps nothing, and others that say things of it. */
async function tower({ backends = [undefined] as (string | undefined)[] } = {}) {
  const hub = inProcess();
  const clock = new ManualClock();
  const log = recordingLogger();
  const { backend, rival } = sharedDatabase(clock);
  let setups = 0;
  const bellManager = defineManager({
    contract: bells,
    setup: ({ address }) => {
      setups++;
      return { operations: { ring: () => address } };
    },
  });
  /** One of several processes on the same database. */
  const host = () => {
    const transport = hub.client({ caller: "a" });
    return createSupervisor({ host: "a", transport, store: backend, log, clock, restart: { initialBackoff: "10ms" } });
  };
  const supervisor = host();
  for (const backend of backends) supervisor.spawn(bellManager, { backend });
  await supervisor.start();
  supervisor.finished.catch(() => undefined);
  const registry = await rival();

  /** Another process, under that name, that says it has a bell. */
  async function process(caller: string, sender: string) {
    const link = hub.client({ caller });
    await link.connect();
    const announcer = new Announcer({
      clock,
      random: seededRandom(1),
      link,
      sender,
      host: caller,
      intervalMs: 2_000,
      log: silentLogger,
      counters: memoryCounters(),
    });
    onTestFinished(async () => {
      await announcer.close();
      await link.close();
    });
    return (epoch: number, { version = "1.2", address = "a" } = {}) =>
      announcer.announce({ manager: "bell", version, address, epoch, store: registry.store });
  }
  onTestFinished(async () => {
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  });
  return { supervisor, host, clock, log, process, bellManager, registry, setups: () => setups };
}

const serving = { state: "serving", phase: "ready", causes: [], canServe: true } as const;
const draining = { state: "draining", phase: undefined, causes: [], canServe: false } as const;

test.each(["1.2", "1.0", "2.0"])(
  "a manager without a store that is superseded in another process, at version %s, waits, and serves when that is gone",
  async (version) => {
    const { supervisor, clock, process, registry, setups } = await tower();
    const announce = await process("a", "successor");
    expect(await supervisor.ref(bells).ring({})).toBe("a");
    await registry.register({ manager: "bell", address: "a", version });
    const successor = announce(2, { version });
    successor.setStatus(serving);
    await clock.advance(60_000);
    const claimed = { state: "degraded", causes: [{ reason: "ADDRESS_CLAIMED" }] };
    expect(supervisor.managers()).toMatchObject([{ epoch: 1, supervision: "superseded", status: claimed }]);
    expect(setups()).toBe(1);
    successor.end();
    await vi.waitFor(async () => {
      await clock.advance(500);
      expect(supervisor.managers()).toMatchObject([{ epoch: 3, status: { phase: "ready" } }]);
    });
    expect(await supervisor.ref(bells).ring({})).toBe("a");
  },
);

test("of three processes that start at once one serves, whoever calls, and so on to the last", async () => {
  const { supervisor, host, clock, bellManager } = await tower();
  const rivals = [host(), host()];
  for (const rival of rivals) rival.spawn(bellManager);
  await Promise.all(rivals.map((rival) => rival.start()));
  let left = [supervisor, ...rivals];
  const states = () =>
    left.map((one) => one.managers().map(({ status: { phase, causes } }) => [phase, ...causes.map((c) => c.reason)]));
  while (left.length > 0) {
    await vi.waitFor(async () => {
      await clock.advance(500);
      const waiting = Array.from({ length: left.length - 1 }, () => [[undefined, "ADDRESS_CLAIMED"]]);
      expect(states().sort()).toEqual([...waiting, [["ready"]]]);
    });
    for (const one of left) expect(await one.ref(bells).at("a").ring({})).toBe("a");
    const [holder] = left.filter((one) => one.managers()[0]!.status.phase === "ready");
    await holder!.stop();
    left = left.filter((one) => one !== holder);
  }
});

test("a host that stops while it is superseded leaves nothing that waits", async () => {
  const { supervisor, clock, process, registry } = await tower();
  const announce = await process("a", "successor");
  await registry.register({ manager: "bell", address: "a", version: "1.2" });
  announce(2).setStatus(serving);
  await clock.advance(10_000);
  expect(supervisor.managers()).toMatchObject([{ supervision: "superseded" }]);
  await supervisor.stop();
  await expect(supervisor.finished).resolves.toBeUndefined();
});

test("one that fails while another process has registered does not take the address back from it", async () => {
  const { supervisor, clock, registry, setups } = await tower();
  // It has registered, and nothing is heard of it yet.
  await registry.register({ manager: "bell", address: "a", version: "1.2" });
  supervisor.kill("bell", "a");
  await clock.advance(1_000);
  expect(supervisor.managers()).toMatchObject([{ supervision: "superseded", status: { state: "degraded" } }]);
  expect(await registry.isCurrent({ manager: "bell", address: "a" }, 2)).toBe(true);
  // It died before it said anything.
  await clock.advance(10_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 3, status: { phase: "ready" } }]);
  expect(setups()).toBe(2);
});

test.each([
  ["of another caller", "b", 9, "a"],
  ["of another address", "a", 9, "a@other"],
  ["of an epoch that is not above", "a", 1, "a"],
])("a claim %s ends nothing that runs here", async (_, caller, epoch, address) => {
  const { supervisor, clock, process } = await tower();
  (await process(caller, "somebody"))(epoch, { address });
  await clock.advance(10_000);
  expect(await supervisor.ref(bells).at("a").ring({})).toBe("a");
  expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { phase: "ready" } }]);
});

test("one that drains leaves the address to who is here", async () => {
  const { supervisor, clock, process } = await tower();
  const leaving = (await process("a", "leaving"))(9);
  // Said in the same turn: what arrives is draining already.
  leaving.setStatus(draining);
  await clock.advance(10_000);
  expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { phase: "ready" } }]);
  leaving.end();
});

test("only the manager that is succeeded is told, and the next incarnation of one's own is not taken for another's", async () => {
  const { supervisor, clock } = await tower({ backends: ["x", "y"] });
  supervisor.kill("bell", "a@x");
  await clock.advance(10_000);
  await supervisor.restart("bell", "a@y");
  expect(supervisor.managers()).toMatchObject([
    { epoch: 2, status: { phase: "ready" } },
    { epoch: 2, status: { phase: "ready" } },
  ]);
});

test("a newer incarnation that the store does not know of ends nothing, whoever says so, and is told once", async () => {
  const { supervisor, clock, log, process, bellManager, setups } = await tower();
  const announce = await process("a", "forger");
  const lies = [announce(2 ** 53 - 2), announce(2 ** 53 - 1, { address: "a@late" })];
  for (const lie of lies) lie.setStatus(serving);
  await clock.advance(10_000);
  await supervisor.spawn(bellManager, { backend: "late" }).ready();
  for (let more = 0; more < 5; more++) {
    announce(2 ** 53 - 1, { address: `a@x${more}` });
    lies[0]!.setStatus({ ...serving, canServe: more % 2 === 0 });
    await clock.advance(2_000);
  }
  expect(await supervisor.ref(bells).at("a").ring({})).toBe("a");
  expect(await supervisor.ref(bells).at("a@late").ring({})).toBe("a@late");
  expect(setups()).toBe(2);
  const told = log.lines.filter(({ message }) => message?.includes("the store does not know of"));
  expect(told.map(({ fields }) => (fields as { manager: string }).manager)).toEqual(["bell/a", "bell/a@late"]);
});

test("one that was drained is no part of a takeover: it stays as it ended, and nobody gives up", async () => {
  const { supervisor, clock, log, process } = await tower();
  const announce = await process("a", "successor");
  await supervisor.drain("bell", "a");
  const ended = supervisor.managers();
  const told = log.lines.length;
  announce(2).setStatus(serving);
  await clock.advance(10_000);
  expect(supervisor.managers()).toEqual(ended);
  expect(ended).toMatchObject([
    { supervision: "stopped", status: { state: "stopped", causes: [], failure: undefined } },
  ]);
  expect(log.lines.slice(told)).toEqual([]);
  await supervisor.stop();
  await expect(supervisor.finished).resolves.toBeUndefined();
});
