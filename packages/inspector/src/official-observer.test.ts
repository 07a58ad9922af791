import { call, contract, secret } from "@reeve/contract";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { createInspector, type StatelyInspectionEvent } from "@statelyai/inspect";
import { expect, test } from "vitest";
import { z } from "zod";

const volumes = contract("volume", "1.0", {
  create: call({ input: z.object({ name: z.string(), key: secret(z.string()) }) }),
});
const volumeManager = defineManager({
  contract: volumes,
  config: z.object({ token: secret(z.string()), region: z.string() }),
  setup: () => ({ operations: { create: () => undefined } }),
});

test("the observer of the official inspector can be given to a supervisor: it writes frames of managers, and no secret", async () => {
  const frames: StatelyInspectionEvent[] = [];
  const { inspect } = createInspector({ send: (frame) => void frames.push(frame) });
  const store = sqlite({ path: ":memory:" });
  const supervisor = createSupervisor({ host: "a", store, log: { level: "silent" }, inspect });
  supervisor.spawn(volumeManager, { config: { token: "marked-7f3a", region: "unmarked-91bc" } });
  await supervisor.start();
  await supervisor.ref(volumes).create({ name: "db", key: "31-41-59" });
  await supervisor.stop();
  await expect
    .poll(() => frames.some(({ type, ...frame }) => JSON.stringify(frame).includes('"status":"done"')))
    .toBe(true);
  expect(frames.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["@xstate.actor", "@xstate.event", "@xstate.snapshot"]),
  );
  const told = JSON.stringify(frames);
  expect(told).toContain('"type":"volume.create"');
  for (const hidden of ["marked-7f3a", "unmarked-91bc", "31-41-59"]) expect(told).not.toContain(hidden);
});
