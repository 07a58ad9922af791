import { call, contract } from "@reeve/contract";
import { defineManager, inProcess } from "@reeve/runtime";
import type { CapabilityReport } from "@reeve/runtime/capability";
import type { ReportedStatus } from "@reeve/runtime/internal";
import { fakeClock, faultTransport, localCluster, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";

const mills = contract("mills", "1.0", {
  grind: call({ input: z.object({}), output: z.string(), timeout: "5s" }),
});

test("a lost link degrades every manager, one that starts meanwhile too, and its return heals them", async () => {
  const clock = fakeClock();
  const transport = faultTransport(inProcess().client({ caller: "test" }), { seed: 1, clock, print: () => {} });
  const definition = defineManager({ contract: mills, setup: () => ({ operations: { grind: () => "flour" } }) });
  await using cluster = await localCluster([[definition, { backend: "a" }]], { clock, transport });
  const { supervisor } = cluster;
  transport.cut();
  const causes = () =>
    supervisor.managers().map(({ status }) => [status.state, ...status.causes.map(({ reason }) => reason)]);
  expect(causes()).toEqual([["degraded", "LINK_LOST"]]);
  await supervisor.spawn(definition, { backend: "b" }).ready();
  expect(causes()[1]).toEqual(["degraded", "LINK_LOST"]);
  expect(await cluster.ref(mills).grind({})).toBe("flour");
  transport.heal();
  await supervisor.until("mills", "test@b", ({ status }) => status.phase === "ready");
  expect(causes()).toEqual([["serving"], ["serving"]]);
});

test("an operation that ignores its signal degrades the manager as hung, by name, until it ends", async () => {
  const clock = fakeClock();
  let release = () => {};
  const definition = defineManager({
    contract: mills,
    setup: () => ({
      operations: { grind: () => new Promise<string>((resolve) => (release = () => resolve("flour"))) },
    }),
  });
  await using cluster = await testManager(definition, { clock });
  const late = failure(cluster.calls.grind({}));
  await clock.advance(5_100);
  expect(await late).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
  expect(cluster.status.state).toBe("serving");
  await clock.advance(5_100);
  expect(cluster.status).toMatchObject({ state: "degraded", causes: [{ reason: "HUNG" }] });
  expect(cluster.status.causes[0]!.message).toContain("grind");
  release();
  await clock.advance(1);
  expect(cluster.status).toMatchObject({ state: "serving", phase: "ready", causes: [] });
});

test("schedulers hear of each turn of a life, and of readiness only while it is ready", async () => {
  const clock = fakeClock();
  const heard: ReportedStatus[] = [];
  const note = ({ status, epoch }: CapabilityReport) => {
    if (heard.at(-1) !== status) heard.push(status);
    return epoch;
  };
  const watchers = contract("watchers", "1.0", { look: call({ input: z.object({}), output: z.string() }) });
  const watcher = defineManager({
    contract: watchers,
    setup: ({ reports }) => {
      reports.subscribe(note);
      return { operations: { look: () => "" } };
    },
  });
  let working = true;
  const gate = Promise.withResolvers<void>();
  const definition = defineManager({
    contract: mills,
    capabilities: z.object({ stones: z.number() }),
    limits: { probeEvery: "1s" },
    setup: ({ capabilities }) => ({
      initHost: () => capabilities.update({ stones: 2 }),
      initHostWithRpc: () => gate.promise,
      isWorking: () => working,
      operations: { grind: () => "flour" },
    }),
  });
  const { supervisor, stop } = await localCluster([watcher], { clock });
  supervisor.spawn(definition);
  await clock.advance(15_000);
  expect(heard).toEqual(["starting"]);
  gate.resolve();
  await clock.advance(500);
  expect(heard).toEqual(["starting", "ready"]);
  working = false;
  await clock.advance(1_500);
  expect(heard).toEqual(["starting", "ready", "degraded"]);
  working = true;
  await clock.advance(1_500);
  expect(heard.at(-1)).toBe("ready");
  await supervisor.drain("mills", "test");
  await clock.advance(1_000);
  expect(heard.at(-1)).toBe("stopped");
  await stop();
  expect(clock.pending).toBe(0);
});

test.each([
  ["throws", () => expect.fail("no view"), { error: "no view" }],
  [
    "throws what is no error",
    () => {
      throw null;
    },
    { error: "null" },
  ],
  ["is asynchronous and fails", () => Promise.reject(new Error("later")), { error: "later" }],
  ["is asynchronous", async () => ({ stones: 3 }), { stones: 3 }],
  ["is fine", () => ({ stones: 2 }), { stones: 2 }],
])("an inspect that %s is shown as what it is, and harms nobody", async (_, inspect, shown) => {
  const clock = fakeClock();
  const definition = defineManager({
    contract: mills,
    setup: () => ({ inspect, operations: { grind: () => "flour" } }),
  });
  await using cluster = await testManager(definition, { clock });
  await expect.poll(() => cluster.report.own).toEqual(shown);
  expect(await cluster.calls.grind({})).toBe("flour");
  expect(cluster.status.phase).toBe("ready");
});

test("an inspect that hangs says so, is asked once, and keeps nobody waiting", async () => {
  const clock = fakeClock();
  let asked = 0;
  const inspect = () => {
    asked++;
    return new Promise(() => {});
  };
  const definition = defineManager({
    contract: mills,
    setup: () => ({ inspect, operations: { grind: () => "flour" } }),
  });
  await using cluster = await testManager(definition, { clock });
  expect(cluster.report.own).toEqual({ waiting: "inspect has not answered yet" });
  await clock.advance(2_000);
  expect(cluster.report.own).toEqual({ error: "no answer for 2 s" });
  expect([await cluster.calls.grind({}), asked]).toEqual(["flour", 1]);
});
