import { call, contract } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { defineManager } from "../manager/definition.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { createSupervisor } from "./supervisor.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string() }) });
const bellManager = defineManager({
  contract: bells,
  setup: ({ address }) => ({ operations: { ring: () => address } }),
});

/** A host with a bell, on a clock of its own. */
async function tower(host: string, hub: ReturnType<typeof inProcess>) {
  const clock = new ManualClock();
  const supervisor = createSupervisor({
    ...{ host, clock, log: silentLogger },
    transport: hub.client({ caller: host }),
    store: sqlite({ path: ":memory:" }),
  });
  supervisor.spawn(bellManager);
  await supervisor.start();
  onTestFinished(() => supervisor.stop());
  const causes = () => supervisor.managers()[0]!.status.causes.map(({ reason }) => reason);
  return { supervisor, clock, causes, ring: () => supervisor.ref(bells).ring({}) };
}

test("while its event loop lags, callers of its own process still call it, and others call somebody else", async () => {
  const hub = inProcess();
  const [a, b, c] = [await tower("a", hub), await tower("b", hub), await tower("c", hub)];
  await c.supervisor.drain("bell", "c");
  for (const { clock } of [a, b, c]) await clock.advance(0);
  expect(new Set([await c.ring(), await c.ring()])).toEqual(new Set(["a", "b"]));

  a.clock.stall(6_500);
  await a.clock.advance(0);
  // It asks whether anybody took its place; its loop counts as lagging until it has turned for a second.
  const pass = async (ms: number) => {
    for (const { clock } of [a, b, c]) await clock.advance(ms);
  };
  for (let turn = 0; turn < 10 && a.causes().includes("STOOD_STILL"); turn++) await pass(20);
  // It has heard of the others again, and they of it.
  for (const { clock } of [b, c]) await clock.advance(2_500);
  await pass(500);
  expect(a.causes()).toEqual(["LOOP_LAGGING"]);
  expect([await a.ring(), await a.ring()]).toEqual(["a", "a"]);
  expect([await c.ring(), await c.ring(), await b.ring()]).toEqual(["b", "b", "b"]);
  // Who names it gets it.
  expect(await c.supervisor.ref(bells).at("a").ring({})).toBe("a");

  for (let turn = 0; turn < 20; turn++) await pass(200);
  expect(a.causes()).toEqual([]);
  expect(new Set([await c.ring(), await c.ring()])).toEqual(new Set(["a", "b"]));
});
