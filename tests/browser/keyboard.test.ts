import { inspector } from "@reeve/inspector";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { tcpProxy } from "@reeve/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executable } from "./chromium.ts";
import { lampManager, lamps } from "./lamps.ts";
import { operatorToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";
import { portOf } from "./served-host.ts";

const managers = 150;

describe.skipIf(!executable)("with the keyboard alone", () => {
  let supervisor: Supervisor;

  beforeAll(async () => {
    supervisor = createSupervisor({
      host: "block-01",
      transport: inProcess().client({ caller: "block-01" }),
      store: sqlite({ path: ":memory:" }),
      log: { level: "silent" },
      inspector: inspector({ port: 0, token: operatorToken }),
    });
    for (let index = 100; index < 100 + managers; index++) supervisor.spawn(lampManager, { backend: `l${index}` });
    await supervisor.start();
  });

  afterAll(() => supervisor.stop());

  const port = (): number => portOf(supervisor);

  async function open(): Promise<Page> {
    const page = await openInspector(port());
    await page.getByText(`${managers} managers`).waitFor();
    return page;
  }

  /** Waits until what has the focus is called so. */
  async function focused(page: Page, name: RegExp): Promise<void> {
    await page.waitForFunction(
      ([source]) => new RegExp(source!).test(document.activeElement?.textContent ?? ""),
      [name.source],
    );
  }

  test("keys go from end to end of a list of which little exists", async () => {
    const page = await open();
    await page.getByRole("link", { name: /^lamp block-01@l100/ }).focus();
    const steps: readonly (readonly [key: string, on: RegExp])[] = [
      ["End", /^lampblock-01@l249/],
      ["ArrowUp", /^lampblock-01@l248/],
      ["Home", /^block-01/],
      ["ArrowDown", /^lampblock-01@l100/],
      ["ArrowDown", /^lampblock-01@l101/],
    ];
    for (const [key, on] of steps) {
      await page.keyboard.press(key);
      await focused(page, on);
    }
    await page.keyboard.press("PageDown");
    await focused(page, /^lampblock-01@l1[1-9]\d/);
    await page.keyboard.press("PageUp");
    await focused(page, /^lampblock-01@l101/);
    expect(await page.locator(".tree-list li").count()).toBeLessThan(60);
  });

  test("a row keeps the focus when it is scrolled out of sight, and when the list is sorted anew", async () => {
    const page = await open();
    await page.getByRole("link", { name: /^lamp block-01@l180/ }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: /^lamp block-01@l112/ }).focus();
    await page.locator(".tree-list").evaluate((list) => list.scrollTo({ top: 100 * 42 }));
    await page.getByRole("link", { name: /^lamp block-01@l200/ }).waitFor();
    await focused(page, /^lampblock-01@l112/);
    await page.locator(".tree-list").evaluate((list) => list.scrollTo({ top: 0 }));
    await page.getByRole("link", { name: /^lamp block-01@l111/ }).waitFor();
    const [lamp, operator] = ["lamp/block-01@l112", supervisor.as({ user: "ada", roles: ["operator"] })];
    // What is not served comes before what is.
    await operator.ref(hosts).at("block-01").drain({ manager: lamp });
    await page.locator(".tree-list li:nth-child(2)", { hasText: "@l112" }).waitFor();
    await focused(page, /^lampblock-01@l112/);
    await operator.ref(hosts).at("block-01").start({ manager: lamp });
    await page.locator(".tree-list li:nth-child(2)", { hasText: "@l100" }).waitFor();
    await focused(page, /^lampblock-01@l112/);
  });

  test("the heading of a view has the focus after one has gone there", async () => {
    const page = await open();
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await focused(page, /^Messages$/);
    await page.getByRole("link", { name: "Operations" }).press("Enter");
    await focused(page, /^Operations$/);
    await page.goBack();
    await focused(page, /^Messages$/);
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await focused(page, /^Overview$/);
    await page.getByRole("link", { name: /^lamp block-01@l100/ }).press("Enter");
    await focused(page, /^lampblock-01@l100$/);
    await page.keyboard.press("Tab");
    await focused(page, /^Reset$/);
  });

  test("a message takes the focus when it is opened, and its row has it again when it is closed", async () => {
    const page = await open();
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await supervisor.ref(lamps).at("block-01@l100").on({ room: "hall" });
    const row = page.getByRole("button", { name: /: on/ }).first();
    await row.press("Enter");
    await page.getByRole("complementary", { name: "Message" }).getByText("hall").waitFor();
    await focused(page, /^on$/);
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: "Message" }).waitFor({ state: "detached" });
    expect(await row.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("a dialog takes the focus, and what opened it has it again", async () => {
    const page = await open();
    await page.getByRole("link", { name: /^lamp block-01@l100/ }).press("Enter");
    const drain = page.getByRole("button", { name: "Drain", exact: true });
    await drain.press("Enter");
    await focused(page, /^Back$/);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await drain.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("what is announced changes with the link, not with every second", async () => {
    await using proxy = await tcpProxy(port());
    const page = await openInspector(proxy.port);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.evaluate(() => {
      const said: string[] = [];
      Object.assign(window, { said });
      for (const status of document.querySelectorAll('[role="status"]'))
        new MutationObserver(() => said.push(status.textContent ?? "")).observe(status, {
          childList: true,
          characterData: true,
          subtree: true,
        });
    });
    proxy.blackhole();
    await page.getByText(/^Stale for/).waitFor();
    const seen = await page.locator(".light-detail").textContent();
    await page.waitForFunction((before) => document.querySelector(".light-detail")?.textContent !== before, seen);
    expect(await page.evaluate(() => (window as unknown as { said: string[] }).said)).toEqual(["Stale"]);
  });
});
