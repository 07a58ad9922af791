import { inProcess } from "@reeve/runtime";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { executable } from "./chromium.ts";
import { lampManager, lamps } from "./lamps.ts";
import { viewToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

describe.skipIf(!executable)("the managers of a host together", () => {
  /** Two hosts of six lamps each. */
  async function fleet() {
    const hub = inProcess();
    const start = (host: string) =>
      servedHost(
        {
          host,
          transport: hub.client({ caller: host }),
          restart: { maxRestarts: 100, initialBackoff: 10, maxBackoff: 10 },
        },
        (supervisor) => {
          for (let index = 1; index <= 6; index++) supervisor.spawn(lampManager, { backend: `l${index}` });
        },
      );
    const [first, second] = await Promise.all([start("block-01"), start("block-02")]);
    return { second, startAgain: () => start("block-02"), port: portOf(first) };
  }

  async function open(page: Page): Promise<ReturnType<Page["getByRole"]>> {
    await page.getByRole("button", { name: "Act on managers of block-02" }).click();
    const dialog = page.getByRole("dialog", { name: "Managers of block-02" });
    await dialog.waitFor();
    return dialog;
  }

  test("some are drained, which is shown of each; all of these are started again", async () => {
    const { second, port } = await fleet();
    const page = await openInspector(port);
    const dialog = await open(page);
    await dialog.getByRole("checkbox", { name: /@l6/ }).uncheck();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Drain 5 managers" }).click();
    await dialog.getByText("All done.").waitFor();
    expect(await dialog.getByText("is drained").count()).toBe(5);
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: /^lamp block-02@l5 stopped/ }).waitFor();
    await page.getByRole("link", { name: /^lamp block-02@l6 serving/ }).waitFor();
    expect(second.managers().filter(({ status }) => status.state === "stopped")).toHaveLength(5);

    await open(page);
    await dialog.getByRole("button", { name: "Start", exact: true }).click();
    await dialog.getByRole("button", { name: "Start 5 managers" }).click();
    await dialog.getByText("All done.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: /^lamp block-02@l5 serving/ }).waitFor();
  }, 60_000);

  test("one that was replaced meanwhile is left alone, and says so beside those that are done", async () => {
    const { second, port } = await fleet();
    const page = await openInspector(port);
    const dialog = await open(page);
    second.kill("lamp", "block-02@l3");
    await page.locator(".change-link", { hasText: "block-02@l3" }).first().waitFor();
    await dialog.getByRole("button", { name: "Restart", exact: true }).click();
    await dialog.getByRole("button", { name: "Restart 6 managers" }).click();
    await dialog.getByText("5 done, 1 not.").waitFor();
    await dialog
      .getByRole("listitem")
      .filter({ hasText: "@l3" })
      .getByText(/took its place/)
      .waitFor();
  }, 60_000);

  test("nothing is done to a host that was started anew while the dialog was open", async () => {
    const { second, startAgain, port } = await fleet();
    const page = await openInspector(port);
    const dialog = await open(page);
    await second.stop();
    const anew = await startAgain();
    await page.locator(".change-link", { hasText: "heard again" }).first().waitFor();
    await dialog.getByRole("button", { name: "Drain 6 managers" }).click();
    await dialog.getByText("0 done, 6 not.").waitFor();
    await dialog
      .getByText(/started anew/)
      .first()
      .waitFor();
    expect(anew.managers().filter(({ status }) => status.state === "stopped")).toEqual([]);
  }, 60_000);

  test("one that ends while the dialog is open is among those that can be started", async () => {
    const { second, port } = await fleet();
    const page = await openInspector(port);
    const dialog = await open(page);
    await dialog.getByRole("button", { name: "Start", exact: true }).click();
    await dialog.getByText("It fits none of them.").waitFor();
    await second.drain("lamp", "block-02@l2");
    await dialog.getByRole("button", { name: "Start 1 manager" }).click();
    await dialog.getByText("All done.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: /^lamp block-02@l2 serving/ }).waitFor();
  }, 60_000);

  test("what becomes of them is told once the dialog was closed as well", async () => {
    const { second, port } = await fleet();
    const page = await openInspector(port);
    await page.getByText("Live", { exact: true }).waitFor();
    const held = new AbortController();
    const holding = second.ref(lamps).at("block-02@l1").hold({}, { signal: held.signal });
    await page.getByRole("searchbox", { name: "Find a manager" }).fill("block-02@l1");
    const dialog = await open(page);
    await dialog.getByRole("button", { name: "Drain 1 manager" }).click();
    await dialog.getByText("0 of 1").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    held.abort();
    await expect(holding).rejects.toThrow();
    await page.getByText("Drain on block-02: All done.").waitFor();
  }, 60_000);

  test("a dialog that was left for another view is not open when one comes back", async () => {
    const { port } = await fleet();
    const page = await openInspector(port);
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByRole("link", { name: "Overview" }).click();
    const dialog = await open(page);
    await page.goBack();
    await page.getByRole("heading", { name: "Messages" }).waitFor();
    await page.goForward();
    await page.getByRole("link", { name: /^lamp block-02@l4/ }).waitFor();
    expect(await dialog.count()).toBe(0);
  }, 60_000);

  test("only those that the filter shows are meant, and cordoned with a reason", async () => {
    const { port } = await fleet();
    const page = await openInspector(port);
    await page.getByRole("searchbox", { name: "Find a manager" }).fill("block-02@l4");
    const dialog = await open(page);
    await dialog.getByRole("button", { name: "Cordon", exact: true }).click();
    await dialog.getByLabel("Reason").fill("its rack is moved");
    await dialog.getByRole("button", { name: "Cordon 1 manager" }).click();
    await dialog.getByText("All done.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("link", { name: /^lamp block-02@l4/ }).click();
    await page.getByRole("note", { name: "Why it is cordoned" }).getByText("its rack is moved").waitFor();
  }, 60_000);

  test("a token that may only look has nothing to act with", async () => {
    const { port } = await fleet();
    const page = await openInspector(port, { token: viewToken });
    await page.getByRole("link", { name: /^lamp block-02@l4/ }).waitFor();
    expect(await page.getByRole("button", { name: /^Act on/ }).count()).toBe(0);
  }, 60_000);
});
