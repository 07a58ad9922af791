import { defineManager } from "@reeve/runtime";
import { expect, test } from "vitest";
import { z } from "zod";
import { millHouse, millStore, mills } from "./mill.ts";

test("a member whose configuration is slow to come is not taken for dead meanwhile", async () => {
  const { host, until, pass, clock } = millHouse();
  /** Longer than a window in which others would have heard of it. */
  let readMs = 0;
  const definition = defineManager({
    contract: mills,
    store: millStore,
    config: z.object({}),
    setup: () => ({ operations: { grind: () => "ground" } }),
  });
  const config = async () => {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, readMs));
    return {};
  };
  await host("a", { definition: definition as never });
  const b = await host("b", { definition: definition as never, config });
  await pass(15_000);
  readMs = 20_000;
  b.supervisor.kill("mill", "b");
  await pass(1_000);
  await until(() => b.supervisor.managers()[0]!.status.phase === "ready", 60_000);
  expect(b.epoch()).toBe(2);
});
