import { createSupervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { recordingLogger } from "@reeve/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { nets } from "../kit/nets.ts";
import { bellManager, bells, hall, operator, Rope, summaryOf } from "./hall.ts";

const bell = "bell/block-01@tower";

describe.each(nets)("a host answers %s", (_, open) => {
  test("while the mailbox of a manager is full, and its handlers do not return", async () => {
    await using net = await open();
    const { bell: tower, rope } = await hall(net, "block-01");
    const tolls = ["a", "b", "c", "d"].map((name) => tower.toll({ name }, { timeout: "1s" }).catch((error) => error));
    const host = await operator(net, "block-01", ["operator"]);
    await expect.poll(async () => await summaryOf(host, bell)).toMatchObject({ inFlight: 2, queued: 2 });
    await expect(tower.ring({ name: "e" })).rejects.toMatchObject({ reason: "MAILBOX_FULL" });
    expect((await host.calls({})).items.map(({ stage }) => stage).sort()).toEqual([
      ...["running", "running", "turn", "turn"],
    ]);
    // Their callers give up; they hang on, until the manager says so.
    for (const settled of await Promise.all(tolls)) expect(settled).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    await expect.poll(async () => (await summaryOf(host, bell))?.causes).toMatchObject([{ reason: "HUNG" }]);
    expect(await host.describe({ manager: bell })).toMatchObject({
      state: "degraded",
      own: { tolling: 2 },
      inFlightCalls: [{ awaited: false }, { awaited: false }],
    });
    await host.kill({ manager: bell }).catch((error) => expect(error).toMatchObject({ reason: "NOT_PERMITTED" }));
    expect(await host.restart({ manager: bell })).toMatchObject({ state: "serving", epoch: 2 });
    rope.letGo();
  });

  test("while a manager boots, and stops it", async () => {
    await using net = await open();
    const rope = new Rope();
    rope.gate = new Promise(() => {});
    const supervisor = createSupervisor({
      ...{ host: "block-01", transport: net.transport("block-01"), store: sqlite({ path: ":memory:" }) },
      ...{ log: recordingLogger(), trustedForwarders: ["web"], remoteOperators: true },
    });
    supervisor.spawn(bellManager(rope), { backend: "tower" });
    onTestFinished(() => supervisor.stop());
    const starting = supervisor.start();
    const host = await operator(net, "block-01", ["operator"]);
    await expect.poll(async () => await summaryOf(host, bell)).toMatchObject({ state: "preRpc", epoch: 1 });
    expect(await host.drain({ manager: bell })).toMatchObject({ state: "stopped" });
    await starting;
    rope.gate = Promise.resolve();
    expect(await host.start({ manager: bell })).toMatchObject({ state: "serving" });
  });

  test("while many of its own calls take long", async () => {
    await using net = await open();
    const { rope } = await hall(net, "block-01");
    rope.gate = new Promise(() => {});
    const host = await operator(net, "block-01", ["operator"]);
    const restarts = Array.from({ length: 200 }, () => host.restart({ manager: bell }).catch((error) => error));
    await expect.poll(async () => (await summaryOf(host, bell))?.state).toBe("preRpc");
    expect((await host.audit({ limit: 1_000 })).items.filter(({ outcome }) => outcome === "running")).toHaveLength(200);
    expect(await host.drain({ manager: bell })).toMatchObject({ state: "stopped" });
    for (const settled of await Promise.all(restarts)) expect(settled).toMatchObject({ reason: "START_FAILED" });
  });

  test("until the managers of its host have stopped", async () => {
    await using net = await open();
    const { supervisor, rope } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["viewer"]);
    const tolling = supervisor
      .ref(bells)
      .toll({ name: "a" })
      .catch((error) => error);
    await expect.poll(() => rope.holding).toBe(1);
    const stopping = supervisor.stop();
    await expect.poll(async () => (await summaryOf(host, bell))?.state).toBe("draining");
    rope.letGo();
    await Promise.all([stopping, tolling]);
  });
});

describe.each(nets)("the host's own name %s", (_, open) => {
  test("is taken", async () => {
    await using net = await open();
    const { supervisor } = await hall(net, "block-01");
    const { call, contract } = await import("@reeve/contract");
    const { defineManager } = await import("@reeve/runtime");
    const { z } = await import("zod");
    const other = contract("host", "2.0", { list: call({ input: z.object({}) }) });
    const manager = defineManager({ contract: other, setup: () => ({ operations: { list: () => {} } }) });
    expect(() => supervisor.spawn(manager)).toThrow("spawn host: block-01 is the host's own manager of that name");
  });
});
