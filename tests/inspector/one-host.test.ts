import { call, contract, secret } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { token, watch } from "./watched-fleet.ts";

const safes = contract("safe", "1.0", {
  open: call({ input: z.object({ owner: z.string(), combination: secret(z.string()) }) }),
});
const safeManager = defineManager({ contract: safes, setup: () => ({ operations: { open: () => undefined } }) });

async function safeHouse() {
  const supervisor = createSupervisor({
    host: "a",
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent" },
    inspector: inspector({ port: 0, token }),
  });
  supervisor.spawn(safeManager);
  await supervisor.start();
  onTestFinished(() => supervisor.stop());
  const page = await watch(supervisor);
  await page.until(() => page.names().length === 1);
  return { supervisor, page };
}

test("what a schema marks as secret is hidden from the page", async () => {
  const { supervisor, page } = await safeHouse();
  await supervisor.ref(safes).open({ owner: "miser", combination: "31-41-59" });
  await page.until(() => page.messages.length > 0);
  const { seq, instance } = page.messages[0]!;
  const answer = JSON.stringify(await page.call(instance, "payload", { instance, seq }));
  expect(answer).toContain("miser");
  expect(answer).not.toContain("31-41-59");
});

test("the chart is the lifecycle's own, with what it invokes and what it does of itself", async () => {
  const { page } = await safeHouse();
  const drawing = (await page.chartOf("safe/a")) as {
    nodes: { id: string; invokes: string[] }[];
    edges: { from: string; to: string; kind: string }[];
  };
  const states = [
    "booting",
    "preRpc",
    "serving",
    "serving.warmingUp",
    "serving.ready",
    "degraded",
    "resetting",
    "draining",
  ];
  expect(drawing.nodes.map(({ id }) => id)).toEqual(expect.arrayContaining([...states, "stopped", "failed"]));
  expect(drawing.nodes.find(({ id }) => id === "booting")!.invokes).toEqual(["boot"]);
  expect(drawing.edges).toContainEqual(
    expect.objectContaining({ from: "serving.ready", to: "degraded", kind: "always" }),
  );
  expect(drawing.edges).toContainEqual(expect.objectContaining({ from: "*", to: "draining", kind: "event" }));
});

test("one part of a manager's own view that throws hides only itself, from the page and from the supervisor", async () => {
  const vaults = contract("vault", "1.0", { open: call({ input: z.object({}) }) });
  const broken = (message: string) =>
    Object.defineProperty({ beside: 1 }, "broken", {
      enumerable: true,
      get: () => {
        throw new Error(message);
      },
    });
  const vaultManager = defineManager({
    contract: vaults,
    setup: () => ({
      operations: { open: () => undefined },
      inspect: () => ({ doors: 2, shelves: [broken("deep")], vault: broken("no key") }),
    }),
  });
  const { supervisor, page } = await safeHouse();
  await supervisor.spawn(vaultManager).ready();
  // It is known before it has anything to show.
  await page.until(() => page.ownOf("vault/a") !== undefined);
  const own = {
    doors: 2,
    shelves: [{ beside: 1, broken: "[cannot be shown: deep]" }],
    vault: { beside: 1, broken: "[cannot be shown: no key]" },
  };
  const report = supervisor.managers().find(({ manager }) => manager === "vault")!;
  expect(report.own).toEqual(own);
  expect(JSON.parse(JSON.stringify(report)).own).toEqual(own);
  expect(page.ownOf("vault/a")).toEqual(own);
});
