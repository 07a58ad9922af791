import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, contract } from "@reeve/contract";
import { fileVolumes } from "@reeve/file-volumes";
import { inspector } from "@reeve/inspector";
import { schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumeStore, volumes } from "@reeve/managers/volume";
import { createSupervisor, defineManager, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { StoreByHand } from "../volume/by-hand.ts";
import { expectAccessible } from "./accessible.ts";
import { executable } from "./chromium.ts";
import { operatorToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

const mib = 1 / 1024;

describe.skipIf(!executable)("panels of hosts, volumes and schedulers", () => {
  const directory = mkdtempSync(join(tmpdir(), "reeve-panels-"));
  const hub = inProcess();
  const store = new StoreByHand(sqlite({ path: ":memory:" }));
  const options = (host: string) => ({
    host,
    transport: hub.client({ caller: host }),
    trustedForwarders: ["block-*"],
    log: { level: "silent" as const },
    capabilityInterval: "100ms" as const,
  });
  const first = createSupervisor({
    ...options("block-01"),
    store,
    inspector: inspector({ port: 0, token: operatorToken }),
  });
  const second = createSupervisor({ ...options("block-02"), store: sqlite({ path: ":memory:" }) });

  beforeAll(async () => {
    const backend = (name: string) => {
      mkdirSync(join(directory, name));
      const limits = { driver: { checkEvery: "50ms", retryAfter: "50ms", retryAtMost: "100ms" } } as const;
      // Each host has a store of its own: what is placed on the other one is no row there.
      const config = { labels: { media: name } };
      return { backend: name, driver: fileVolumes({ root: join(directory, name) }), config, limits };
    };
    first.spawn(schedulerManager);
    first.spawn(volumeManager, backend("ssd"));
    second.spawn(volumeManager, backend("hdd"));
    await Promise.all([first.start(), second.start()]);
  });

  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });

  const open = (width = 1280) => openInspector(portOf(first), { width });

  test("volumes are counted by status, and one that is stuck is first, whichever host holds it", async () => {
    // The scheduler hears of what can be placed soon after the start.
    const create = () => first.ref(volumes).create({ name: "sound", sizeGiB: mib, labels: { media: "ssd" } });
    await vi.waitFor(create, { timeout: 20_000, interval: 100 });
    await store.write(
      volumeStore,
      "insert into volume_volumes (id, name, tenant, sizeGiB, reservedGiB, status, host, connected) values (?, ?, 'acme', 1, 1, ?, 'block-01@ssd', 0)",
      ["gone", "gone", "deleting"],
    );
    const page = await open();
    await page.getByRole("link", { name: "Volumes", exact: true }).click();
    const rows = page.getByRole("row");
    await expect
      .poll(async () => (await rows.allInnerTexts()).slice(1).map((row) => row.replace(/\s+/g, " ")))
      .toEqual([
        expect.stringMatching(/^gone gone stuck\.deleting – no work is done to it 1 acme volume\/block-01@ssd –/),
        expect.stringMatching(/^\S{26} sound available – – [\d.]+ .*volume\/block-0\d@(ssd|hdd) \d+ s/),
      ]);
    const totals = page.getByRole("list", { name: "How many there are" });
    await totals.getByText(/available/).waitFor();
    expect((await totals.getByRole("listitem").allInnerTexts()).map((text) => text.replace(/\s+/g, " "))).toEqual([
      expect.stringMatching(/^available 1 the oldest \d+ s/),
      "deleting 1",
    ]);
    await page.getByRole("searchbox", { name: "Filter Volumes" }).fill("stuck");
    await expect.poll(() => rows.count()).toBe(2);
    await expectAccessible(page);
  });

  test("schedulers tell what is free where, and link the manager that is placed on", async () => {
    const page = await open();
    await page.getByRole("link", { name: "Schedulers", exact: true }).click();
    const row = page.getByRole("row", { name: /volume\/block-02@hdd ready [\d.]+ of [\d.]+ sizeGiB/ });
    await row.waitFor();
    expect(await row.getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual([
      "#/manager/volume%2Fblock-02%40hdd",
      "#/manager/scheduler%2Fblock-01",
    ]);
    await expectAccessible(page);
  });

  test("hosts tell of links, drivers and versions on one page; a driver that is lost comes first", async () => {
    const page = await open();
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    const region = (name: string) => page.getByRole("region", { name, exact: true });
    await region("Links")
      .getByRole("row", { name: /block-02 connected/ })
      .waitFor();
    await region("Drivers")
      .getByRole("row", { name: /volume\/block-01@ssd file-volumes.* ready/ })
      .waitFor();
    await region("Versions")
      .getByRole("row", { name: new RegExp(`block-01 \\d+\\.\\d+\\.\\d+ ${process.versions.node} volume 1\\.1 1\\.1`) })
      .waitFor();
    await expect.poll(() => page.title()).toBe("Hosts · Reeve inspector");
    rmSync(join(directory, "hdd"), { recursive: true });
    const drivers = region("Drivers").getByRole("row");
    await expect
      .poll(async () => (await drivers.allInnerTexts())[1], { timeout: 10_000 })
      .toMatch(/volume\/block-02@hdd[\s\S]*lost/);
    await expectAccessible(page);
  });

  test("the tabs have room at 1,280 pixels, and at 400 are reached by scrolling", async () => {
    const wide = await open();
    await wide.getByRole("link", { name: "Schedulers", exact: true }).waitFor();
    const overflow = (page: Page) =>
      page.evaluate(() => {
        const tabs = document.querySelector(".tabs")!;
        return [document.documentElement.scrollWidth - innerWidth, tabs.scrollWidth - tabs.clientWidth];
      });
    expect(await overflow(wide)).toEqual([0, 0]);
    const narrow = await open(400);
    const last = narrow.getByRole("link", { name: "Volumes", exact: true });
    await last.waitFor();
    const [page] = await overflow(narrow);
    expect(page).toBe(0);
    const inSight = () => last.evaluate((tab) => tab.getBoundingClientRect().right <= innerWidth);
    expect(await inSight()).toBe(false);
    await narrow.goto(`${narrow.url().split("#")[0]}#/panel/volumes`);
    await expect.poll(inSight).toBe(true);
  });
});

describe.skipIf(!executable)("a long panel", () => {
  test("a row that was unfolded is so still when it comes back into sight", async () => {
    const columns = [{ id: "shelf", label: "Shelf" }];
    const rows = Array.from({ length: 200 }, (_, index) => ({
      id: `shelf-${index}`,
      cells: { shelf: `shelf-${index}` },
      detail: { holds: `jar-${index}` },
    }));
    const shelves = defineManager({
      contract: contract("pantry", "1.0", { open: call({ input: z.object({}) }) }),
      setup: () => ({
        panels: [{ id: "shelves", title: "Shelves", read: () => ({ columns, rows }) }],
        operations: { open: () => undefined },
      }),
    });
    const host = await servedHost({ host: "block-01" }, (supervisor) => supervisor.spawn(shelves));
    const page = await openInspector(portOf(host));
    await page.getByRole("link", { name: "Shelves", exact: true }).click();
    await page.getByRole("button", { name: "Details of shelf-1", exact: true }).click();
    const detail = page.getByText("jar-1", { exact: true });
    await detail.waitFor();
    const box = page.locator(".table-box");
    await box.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await detail.waitFor({ state: "detached" });
    await box.evaluate((element) => element.scrollTo(0, 0));
    await detail.waitFor();
  });
});
