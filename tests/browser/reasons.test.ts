import { catalogue } from "@reeve/contract";
import { causes } from "@reeve/runtime/internal/causes";
import { describe, expect, test } from "vitest";
import { executable } from "./chromium.ts";
import { lampManager } from "./lamps.ts";
import { openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

describe.skipIf(!executable)("what a cause or a reason means", () => {
  test("is on a page of its own, for every one that Reeve knows", async () => {
    const host = await servedHost({ host: "hall-01" }, (supervisor) => void supervisor.spawn(lampManager));
    const page = await openInspector(portOf(host));
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
