import { describe, expect, test } from "vitest";
import { executable } from "./chromium.ts";
import { lampManager } from "./lamps.ts";
import { openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

describe.skipIf(!executable)("ages", () => {
  test("of managers and hosts go on where nothing happens", async () => {
    const host = await servedHost({ host: "hall-01" }, (supervisor) => void supervisor.spawn(lampManager));
    const page = await openInspector(portOf(host));
    const manager = page.getByRole("link", { name: /^lamp hall-01 serving/ });
    await manager.waitFor();
    const ages = async () => [
      /Uptime (\d+) s/.exec((await manager.textContent())!)![1],
      / up (\d+) s/.exec((await page.getByRole("button", { name: /^hall-01/ }).textContent())!)![1],
    ];
    // News of its start are under way for some seconds: from then on nothing is told of it.
    for (const least of [10, 13])
      await expect.poll(async () => Math.min(...(await ages()).map(Number))).toBeGreaterThanOrEqual(least);
  });
});
