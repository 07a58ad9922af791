import { describe, expect, test } from "vitest";
import { executable } from "./chromium.ts";
import { pageOf, runExample } from "./example-run.ts";
import { lit, openInspector, showManager } from "./opened-page.ts";

describe.skipIf(!executable)("the demo", () => {
  test("is watched from its start: a driver lost, a crash, a reset, and everything serving and called in the end", async () => {
    const run = await runExample("block-storage", "--stay");
    const { says } = run;
    const { port, token } = await pageOf(run);
    const page = await openInspector(port, { token });
    const tree = page.getByRole("list", { name: "Hosts and managers" });
    await tree.getByRole("link", { name: /^scheduler demo serving\.ready/ }).waitFor();
    await says(/runs on, in/);
    const changes = page.getByRole("region", { name: "Latest changes" });
    for (const told of [/DRIVER_LOST/, /was killed/, "resetting"]) await changes.getByText(told).first().waitFor();
    // There is something to see, after the story as well.
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByText("No messages yet.").waitFor();
    await page
      .getByRole("button", { name: /: delete/ })
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Placements" }).click();
    await page
      .getByRole("row", { name: /volume\/demo@.*that fitted/ })
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    await showManager(page, "scheduler demo");
    await lit(page, "serving.ready");
    expect(await page.getByRole("button", { name: "Reset", exact: true }).count()).toBe(1);
  }, 120_000);
});
