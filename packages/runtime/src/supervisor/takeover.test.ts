import { call, contract, type ReeveError } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { defineManager } from "../manager/definition.ts";
import { Announcer } from "../registry/membership/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { createSupervisor } from "./supervisor.ts";

const bells = contract("bell", "1.2", { ring: call({ input: z.object({}), output: z.string() }) });

/** A host "a" whose bell keeps nothing, and others that say things of it. */
async function tower({ backends = [undefined] as (string | undefined)[] } = {}) {
  const hub = inProcess();
  const clock = new ManualClock();
  const log = recordingLogger();
  let setups = 0;
  const bellManager = defineManager({
    contract: bells,
    setup: ({ address }) => {
      setups++;
      return { operations: { ring: () => address } };
    },
  });
  const supervisor = createSupervisor({
    host: "a",
    transport: hub.client({ caller: "a" }),
    store: sqlite({ path: ":memory:" }),
    log,
    clock,
    restart: { initialBackoff: "10ms" },
  });
  for (const backend of backends) supervisor.spawn(bellManager, { backend });
  await supervisor.start();
  supervisor.finished.catch(() => undefined);

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
    });
    onTestFinished(async () => {
      await announcer.close();
      await link.close();
    });
    return (epoch: number, { version = "1.2", address = "a" } = {}) =>
      announcer.announce({ manager: "bell", version, address, epoch });
  }
  onTestFinished(async () => {
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  });
  return { supervisor, clock, log, process, bellManager, setups: () => setups };
}

const failure = (promise: Promise<unknown>): Promise<ReeveError> =>
  promise.then(
    () => expect.fail("it did not fail"),
    (error) => error,
  );
const serving = { state: "serving", phase: "ready", causes: [], canServe: true } as const;
const draining = { state: "draining", phase: undefined, causes: [], canServe: false } as const;

test.each(["1.2", "1.0", "2.0"])(
  "a manager without a store that is succeeded in another process, at version %s, ends as fenced and is not restarted",
  async (version) => {
    const { supervisor, clock, process, setups } = await tower();
    const announce = await process("a", "successor");
    expect(await supervisor.ref(bells).ring({})).toBe("a");
    const successor = announce(2, { version });
    await clock.advance(0);
    const gaveUp = await failure(supervisor.finished);
    expect(gaveUp).toMatchObject({ reason: "FENCED", address: "a", data: { epoch: 1, successor: 2 } });
    expect(gaveUp.message).toContain("process successor runs it too, with epoch 2 above this one's 1");
    successor.setStatus(serving);
    await clock.advance(60_000);
    expect(supervisor.managers()).toMatchObject([{ epoch: 1, status: { state: "stopped" } }]);
    expect(setups()).toBe(1);
    successor.end();
  },
);

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

test("only the manager that is succeeded is told, and the next incarnation of one's own is no rival", async () => {
  const { supervisor, clock } = await tower({ backends: ["x", "y"] });
  supervisor.kill("bell", "a@x");
  await clock.advance(10_000);
  await supervisor.restart("bell", "a@y");
  expect(supervisor.managers()).toMatchObject([
    { epoch: 2, status: { phase: "ready" } },
    { epoch: 2, status: { phase: "ready" } },
  ]);
});

test("what is outdone before it is spawned does not start, and sets nothing up", async () => {
  const { supervisor, clock, process, bellManager, setups } = await tower();
  const announce = await process("a", "elsewhere");
  announce(7, { address: "a@late" }).setStatus(serving);
  await clock.advance(10_000);
  expect(setups()).toBe(1);
  const late = supervisor.spawn(bellManager, { backend: "late" });
  expect(await failure(late.ready())).toMatchObject({ reason: "BOOT_FAILED", cause: { reason: "FENCED" } });
  expect(setups()).toBe(1);
  expect(supervisor.managers()).toMatchObject([{ address: "a", status: { phase: "ready" } }]);
});

test("an incarnation that has ended is told nothing more", async () => {
  const { supervisor, clock, process } = await tower();
  const announce = await process("a", "successor");
  await supervisor.drain("bell", "a");
  announce(2);
  await clock.advance(10_000);
  await supervisor.stop();
  await supervisor.finished;
});
