import { call, contract } from "@reeve/contract";
import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { defineManager } from "../manager/definition.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { createSupervisor } from "./supervisor.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string() }) });
const port = driverPort("rope", { version: "1.0", methods: { pull: query<string>() } });

test("a process that stands still while its driver is set up for an address that became its own has that in the end", async () => {
  const hub = inProcess();
  const ready = Promise.withResolvers<void>();
  onTestFinished(() => ready.resolve());
  const setUps: string[] = [];
  const log = recordingLogger();
  const host = (name: string, setup: () => Promise<void>) => {
    const clock = new ManualClock();
    const supervisor = createSupervisor({
      ...{ host: "a", transport: hub.client(), store: sqlite({ path: ":memory:" }), log, clock },
    });
    const manager = defineManager({
      contract: bells,
      driver: port,
      setup: ({ driver }) => ({ operations: { ring: () => driver.pull() } }),
    });
    const rope = defineDriver(port, {
      name: "rope",
      options: z.object({}),
      setup: async () => {
        setUps.push(name);
        await setup();
        return {};
      },
      methods: { pull: () => name },
    });
    supervisor.spawn(manager, { driver: rope({}) });
    onTestFinished(() => supervisor.stop());
    return { supervisor, clock };
  };
  const holder = host("holder", async () => {});
  await holder.supervisor.start();
  const waiting = host("waiting", () => ready.promise);
  await waiting.supervisor.start();
  const state = () => {
    const { state, causes } = waiting.supervisor.managers()[0]!.status;
    return [state, ...causes.map(({ reason }) => reason)].join(" ");
  };
  expect(state()).toBe("degraded ADDRESS_CLAIMED");
  await holder.supervisor.stop();
  await expect.poll(() => setUps).toEqual(["holder", "waiting"]);
  waiting.clock.sleep(6_000);
  await waiting.clock.advance(0);
  await waiting.clock.advance(1_100);
  expect(log.lines.some(({ message }) => message?.includes("stood still for 6 s"))).toBe(true);
  expect(state()).toContain("ADDRESS_CLAIMED");
  ready.resolve();
  await expect.poll(state).not.toContain("ADDRESS_CLAIMED");
});
