import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { natsServer } from "@reeve/testing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { executable, launch } from "./chromium.ts";
import { LampHost } from "./lamp-host.ts";
import { Manor } from "./manor.ts";
import { lit, openInspector, showManager } from "./opened-page.ts";

const folder = fileURLToPath(new URL("../../docs/images", import.meta.url));
const shown = { light: ["overview", "manager"], dark: ["messages", "manager"] };
const size = { width: 1440, height: 900 };

/** Made only when somebody asks: `REEVE_SCREENSHOTS=1`. */
describe.skipIf(!executable || !process.env.REEVE_SCREENSHOTS)("pictures for the documentation", () => {
  const manor = new Manor();
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    [browser] = await Promise.all([
      launch(),
      manor.open([
        ["archive", "nvme"],
        ["nvme", "tape"],
      ]),
    ]);
    await manor.pull("tape");
    await manor.second.until("volume", "block-02@tape", ({ status }) => status.state === "degraded");
  });

  afterAll(async () => {
    await browser.close();
    await manor.close();
  });

  for (const theme of ["light", "dark"] as const) {
    test(`in ${theme} colours`, async () => {
      const page = await openInspector(browser, manor.port, { theme, ...size });
      const shoot = async (view: string): Promise<void> => {
        if (shown[theme].includes(view)) await page.screenshot({ path: `${folder}/inspector-${view}-${theme}.png` });
      };
      await page.getByText("Live", { exact: true }).waitFor();
      for (let index = 0; index < 4; index++) {
        const { id } = await manor.volume.create({ name: `${theme}-${index}`, sizeGiB: 1 });
        await manor.volume.get({ id });
        await manor.volume.extend({ id, sizeGiB: 2 });
      }
      await page.getByRole("link", { name: "Messages" }).click();
      await page
        .getByRole("button", { name: /: extend/ })
        .last()
        .waitFor();
      await shoot("messages");
      await showOverview(page);
      await shoot("overview");
      await showManager(page, "volume block-02@tape");
      await lit(page, "degraded");
      await page.getByRole("region", { name: "Context" }).getByText("epoch").first().waitFor();
      await shoot("manager");
    });
  }
});

async function showOverview(page: Awaited<ReturnType<typeof openInspector>>): Promise<void> {
  await page.getByRole("link", { name: "Overview", exact: true }).first().click();
  await page
    .getByText(/DRIVER_LOST/)
    .first()
    .waitFor();
}

describe.skipIf(!executable || !process.env.REEVE_SCREENSHOTS)("pictures of a broken fleet", () => {
  test("one host killed, and one that gave up", { timeout: 120_000 }, async () => {
    const [browser, broker] = await Promise.all([launch(), natsServer()]);
    const served = await LampHost.start(broker.url, "block-01", 0);
    const others = await Promise.all(["block-02", "block-03"].map((host) => LampHost.start(broker.url, host)));
    const page = await openInspector(browser, served.port, size);
    page.setDefaultTimeout(20_000);
    await page.getByText("Live", { exact: true }).waitFor();
    await others[0]!.kill();
    others[1]!.tell("crash");
    await page.getByText("RESTARTS_EXHAUSTED").first().waitFor();
    await page
      .getByText(/^lost$/)
      .first()
      .waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/inspector-broken-${colorScheme}.png` });
    }
    await browser.close();
    await broker.stop();
  });
});
