import { describe, test } from "vitest";
import { executable } from "./chromium.ts";
import { pageOf, runExample } from "./example-run.ts";
import { openInspector, showManager } from "./opened-page.ts";

describe.skipIf(!executable)("the examples of several hosts, on one page", () => {
  test("two hosts are watched while one is killed, and acted on by a host of neither", async () => {
    const run = await runExample("two-hosts", "--stay");
    const { port, token } = await pageOf(run);
    const page = await openInspector(port, { token });
    page.setDefaultTimeout(60_000);
    for (const host of ["block-01", "sched-01", "ops-01"])
      await page.getByRole("button", { name: new RegExp(`^${host} `) }).waitFor();
    await run.says(/all of it runs on/);
    await page.getByRole("link", { name: /^volume block-01@archive serving.ready Epoch 2/ }).waitFor();
    await showManager(page, "volume block-01@archive");
    await page.getByRole("button", { name: "Reset", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Reset", exact: true }).click();
    await page.getByText("volume/block-01@archive was reset.").waitFor();
  }, 180_000);

  test("all hosts of the rack are on its page from the start", async () => {
    const run = await runExample("rack", "--stay");
    const { port, token } = await pageOf(run);
    const page = await openInspector(port, { token });
    page.setDefaultTimeout(120_000);
    for (const host of ["block-01", "block-02", "block-03", "sched-01", "sched-02"])
      await page.getByRole("button", { name: new RegExp(`^${host} `) }).waitFor();
  }, 240_000);
});
