import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executable } from "./chromium.ts";
import { Manor } from "./manor.ts";
import { lit, openPage, type PageOptions, showManager } from "./opened-page.ts";

const themes = ["light", "dark"] as const;

describe.skipIf(!executable)("for everybody", () => {
  const manor = new Manor();
  const tolling = new AbortController();
  let putBack = async (): Promise<void> => {};

  beforeAll(async () => {
    await manor.open();
    // So that there is a call to be shown.
    manor
      .addBell()
      .toll({}, { signal: tolling.signal })
      .catch(() => undefined);
    await manor.log();
    putBack = await manor.pull("hdd");
    await manor.second.until("volume", "block-02@hdd", ({ status }) => status.state === "degraded");
  });

  afterAll(async () => {
    tolling.abort();
    await putBack();
    await manor.close();
  });

  const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
    overview: async (page) =>
      page
        .getByText(/DRIVER_LOST/)
        .first()
        .waitFor(),
    manager: async (page) => {
      await showManager(page, "volume block-02@hdd");
      await lit(page, "degraded");
    },
    messages: async (page) => {
      await page.getByRole("link", { name: "Messages" }).click();
      await page.getByText("Live", { exact: true }).waitFor();
      await manor.volume.create({ name: `volume-${Math.round(performance.now())}`, sizeGiB: 1 });
      // In a narrow window it says who calls whom after it.
      await page
        .getByRole("button", { name: /create/ })
        .first()
        .click();
      await page.getByRole("complementary", { name: "Message" }).waitFor();
    },
    work: async (page) => {
      await page.getByRole("link", { name: "Work", exact: true }).click();
      await page.getByText(/^None: every durable cast/).waitFor();
    },
    logs: async (page) => {
      await page.getByRole("link", { name: "Logs", exact: true }).click();
      const line = page.getByRole("button", { name: /^driver set-up failed/ }).first();
      await line.waitFor();
      // Lines come all the time, and the list would move under the pointer.
      await page.getByRole("button", { name: "Pause" }).click();
      await line.click();
      await page.getByRole("complementary", { name: "Log line" }).waitFor();
    },
    hosts: async (page) => {
      await page.getByRole("link", { name: "Hosts", exact: true }).click();
      await page.getByRole("row", { name: /volume\/block-02@hdd .* lost/ }).waitFor();
    },
    volumes: async (page) => {
      await page.getByRole("link", { name: "Volumes", exact: true }).click();
      await page
        .getByText(/^(There are no volumes\.|available)$/)
        .first()
        .waitFor();
    },
    schedulers: async (page) => {
      await page.getByRole("link", { name: "Schedulers", exact: true }).click();
      await page.getByRole("row").nth(1).waitFor();
    },
    capabilities: async (page) => {
      await page.getByRole("link", { name: "Capabilities" }).click();
      await page.getByRole("row").nth(1).waitFor();
    },
    calls: async (page) => {
      await page.getByRole("link", { name: "Calls", exact: true }).click();
      await page
        .getByRole("button", { name: /^Cancel/ })
        .first()
        .waitFor();
    },
    latency: async (page) => {
      await page.getByText("Live", { exact: true }).waitFor();
      await manor.volume.list({});
      await page.getByRole("link", { name: "Latency" }).click();
      await page.getByRole("img", { name: /^volume\.list, the last \d+ min: p50/ }).waitFor();
    },
    reason: async (page) => {
      await page.getByRole("link", { name: "DRIVER_LOST" }).first().click();
      await page.getByRole("heading", { name: "DRIVER_LOST" }).waitFor();
    },
    keys: async (page) => {
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
    operations: async (page) => {
      await page.getByRole("link", { name: "Operations" }).click();
      await page.getByLabel("Log level of block-01").waitFor();
    },
    confirmation: async (page) => {
      await showManager(page, "scheduler");
      await page.getByRole("button", { name: "Drain", exact: true }).click();
      await page.getByRole("dialog").waitFor();
    },
  };

  /** One page for the tests of a `describe`, which go from view to view as a person does. */
  function usePage(options: PageOptions): (view: string) => Promise<Page> {
    let opened: Awaited<ReturnType<typeof openPage>>;
    beforeAll(async () => {
      opened = await openPage(manor.port, options);
    });
    afterAll(() => opened.close());
    return async (view) => {
      const { page } = opened;
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Overview", exact: true }).first().click();
      await views[view]!(page);
      return page;
    };
  }

  describe.each(themes)("in %s colours", (theme) => {
    const visit = usePage({ theme });

    test.each(Object.keys(views))("%s passes axe", async (view) => {
      const page = await visit(view);
      const axe = new AxeBuilder({ page });
      // All else is the same in both.
      const asked =
        theme === "dark"
          ? axe.withRules("color-contrast")
          : axe.options({ rules: { "target-size": { enabled: true } } });
      const { violations } = await asked.analyze();
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\\n")}`);
      expect(told).toEqual([]);
    });
  });

  describe("at 400 pixels", () => {
    const visit = usePage({ width: 400, height: 860 });

    test.each(Object.keys(views))("%s is readable", async (view) => {
      const page = await visit(view);
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(tooWide).toBeLessThanOrEqual(0);
      const small = await page.evaluate(smallestText);
      expect(small).toBeGreaterThanOrEqual(11);
    });
  });
});

/** Runs in the page: the size of the smallest letters outside the chart, which can be enlarged. */
function smallestText(): number {
  const texts = [...document.querySelectorAll("body *")].filter(
    (one) =>
      one.childElementCount === 0 && one.textContent?.trim() && !one.closest("svg") && one.getClientRects().length > 0,
  );
  return Math.min(...texts.map((one) => Number.parseFloat(getComputedStyle(one).fontSize)));
}
