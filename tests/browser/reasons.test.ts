import { catalogue } from "@reeve/contract";
import { inspector } from "@reeve/inspector";
import { createSupervisor } from "@reeve/runtime";
import { causes } from "@reeve/runtime/internal/causes";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executable, launch } from "./chromium.ts";
import { operatorToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";

describe.skipIf(!executable)("what a cause or a reason means", () => {
  let browser: Browser;
  const supervisor = createSupervisor({
    host: "hall-01",
    store: sqlite({ path: ":memory:" }),
    log: { level: "silent" },
    inspector: inspector({ port: 0, token: operatorToken }),
  });

  beforeAll(async () => {
    [browser] = await Promise.all([launch(), supervisor.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await supervisor.stop();
  });

  test("is on a page of its own, for every one that Reeve knows", async () => {
    const page = await openInspector(browser, Number(new URL(supervisor.inspectorUrl!).port));
    const told = new Map<string, string>();
    for (const name of Object.keys({ ...causes, ...catalogue })) {
      await page.evaluate((reason) => {
        location.hash = `#/reason/${reason}`;
      }, name);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      told.set(name, (await page.locator(".reason-page").textContent()) ?? "");
    }
    for (const [table, others] of [
      [causes, catalogue],
      [catalogue, causes],
    ])
      for (const [name, { means }] of Object.entries(table!)) {
        expect(told.get(name)).toContain(means.replaceAll("`", ""));
        expect(told.get(name)!.includes("As a cause")).toBe(Object.hasOwn(others!, name));
      }
  });
});
