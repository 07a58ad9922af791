import { call, contract } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor, defineManager, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { transports, useHosts } from "../transport/hosts.ts";
import { token, watch } from "./watched-fleet.ts";

const lamps = contract("lamp", "1.0", { on: call({ input: z.object({ room: z.string() }) }) });
const lampManager = defineManager({ contract: lamps, setup: () => ({ operations: { on: () => undefined } }) });

describe.each(transports)("a fleet %s", (name) => {
  const { unconnected } = useHosts(name);

  async function host(host: string, given: ReturnType<typeof inspector> | undefined): Promise<Supervisor> {
    const supervisor = createSupervisor({
      host,
      transport: unconnected(host),
      trustedForwarders: ["a"],
      store: sqlite({ path: ":memory:" }),
      log: { level: "silent" },
      inspector: given,
    });
    supervisor.spawn(lampManager);
    await supervisor.start();
    onTestFinished(() => supervisor.stop());
    return supervisor;
  }

  test("whoever serves the page shows every host, though only one of them has a page", async () => {
    const served = await host("a", inspector({ port: 0, token }));
    const other = await host("b", undefined);
    const page = await watch(served);
    await page.until(() => page.names().join() === "lamp/a,lamp/b");
    other.kill("lamp", "b");
    await page.until(() => page.epochOf("lamp/b") === 2);
    await other.stop();
    await page.until(() => page.hearingOf("lamp/b") === "stopped");
  });

  test("a host acts for a page elsewhere only where it has an inspector of its own", async () => {
    const served = await host("a", inspector({ port: 0, token }));
    await host("b", undefined);
    const willing = await host("c", inspector({ port: 0, token }));
    const page = await watch(served);
    await page.until(() => page.names().length === 3);
    expect(await page.act("lamp/b", "restart")).toMatchObject({ type: "refusal", reason: "NOT_PERMITTED" });
    expect(await page.act("lamp/c", "restart")).toMatchObject({
      type: "answer",
      value: { name: "lamp/c", state: "serving", epoch: 2 },
    });
    expect(willing.managers()[0]!.epoch).toBe(2);
  });
});
