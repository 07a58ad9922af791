import { fileURLToPath } from "node:url";
import { natsServer } from "@reeve/testing";
import { describe, test } from "vitest";
import { executable } from "./chromium.ts";
import { LampHost } from "./lamp-host.ts";
import { openInspector } from "./opened-page.ts";

const folder = fileURLToPath(new URL("../../docs/images", import.meta.url));

/** Made only when somebody asks: `REEVE_SCREENSHOTS=1`. */
describe.skipIf(!executable || !process.env.REEVE_SCREENSHOTS)("pictures for the documentation", () => {
  test("one host that serves, one that was killed, and one that gave up", { timeout: 120_000 }, async () => {
    const broker = await natsServer();
    const served = await LampHost.start(broker.url, "block-01", 0);
    const [killed, givingUp] = await Promise.all(
      ["block-02", "block-03"].map((host) => LampHost.start(broker.url, host)),
    );
    const page = await openInspector(served.port, { width: 1440, height: 900 });
    page.setDefaultTimeout(20_000);
    await page.getByText("Live", { exact: true }).waitFor();
    await killed!.kill();
    givingUp!.tell("crash");
    await page.getByText("RESTARTS_EXHAUSTED").first().waitFor();
    await page
      .getByText(/^lost$/)
      .first()
      .waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/inspector-broken-${colorScheme}.png` });
    }
    await broker.stop();
  });
});
