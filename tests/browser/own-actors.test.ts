import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { serverManager, servers } from "../actors/servers.ts";
import { expectAccessible } from "./accessible.ts";
import { executable } from "./chromium.ts";
import { lit, openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

/** Made only when somebody asks: `REEVE_SCREENSHOTS=1`. */
const picture = fileURLToPath(new URL("../../docs/images/inspector-actor-light.png", import.meta.url));

describe.skipIf(!executable)("a manager's own actors", () => {
  async function house() {
    const image = Promise.withResolvers<string>();
    const supervisor = await servedHost({ host: "a", restart: { initialBackoff: 1 } }, (host) =>
      host.spawn(serverManager({ seen: [], image: () => image.promise, patienceMs: 3_600_000 })),
    );
    const open = async (path: string) => {
      const page = await openInspector(portOf(supervisor));
      await page.getByText("Live", { exact: true }).waitFor();
      await page.goto(`${page.url().split("#")[0]}#${path}`);
      return page;
    };
    return { supervisor, calls: supervisor.ref(servers), image, open };
  }

  test("a machine is listed below its manager, and has a page with its own chart, state, context and history", async () => {
    const { calls, image, open } = await house();
    await calls.rack({ id: "s1" });
    const page = await open("/manager/server%2Fa");
    const actors = page.getByRole("region", { name: "Actors" });
    await actors.getByRole("row", { name: /server\/s1 racking .*in 59 min/ }).waitFor();
    await actors.getByRole("link", { name: "server/s1" }).click();
    await expect.poll(() => page.title()).toBe("server/s1 · server/a · Reeve inspector");
    await lit(page, "racking");
    await page.getByRole("list", { name: "Delays" }).getByText("patience at").waitFor();
    await calls.send({ id: "s1", type: "racked" });
    await lit(page, "imaging");
    image.resolve("debian");
    await lit(page, "testing");
    const history = page.getByRole("region", { name: "History" });
    await expect
      .poll(() => history.getByRole("listitem").allInnerTexts())
      .toEqual([
        expect.stringMatching(/racking\s+started/),
        expect.stringMatching(/imaging\s+racked/),
        expect.stringMatching(/testing\s+image done/),
      ]);
    await page.getByRole("region", { name: "Context" }).getByText("debian").waitFor();
    await expectAccessible(page);
    if (process.env.REEVE_SCREENSHOTS) await page.screenshot({ path: picture });
    await page.locator("a.back").click();
    await actors.getByRole("row", { name: /server\/s1\/burnIn running/ }).waitFor();
  });

  test("one that waits in the store since before this life is listed, and shown when it is looked at", async () => {
    const { supervisor, calls, open } = await house();
    for (const id of ["s1", "s2"]) await calls.rack({ id });
    await supervisor.restart("server", "a");
    const page = await open("/manager/server%2Fa");
    const actors = page.getByRole("region", { name: "Actors" });
    await actors.getByRole("link", { name: "server/s2" }).click();
    await lit(page, "racking");
    await page.goto(`${page.url().split("#")[0]}#/manager/server%2Fa/server%2Fs9`);
    await page.getByText("It is not there").waitFor();
  });

  test("the chart tells of the ways from where it is, lights the one that led there, also from any state, and is zoomed and moved", async () => {
    const { calls, open } = await house();
    await calls.rack({ id: "s1" });
    const page = await open("/manager/server%2Fa/server%2Fs1");
    await lit(page, "racking");
    const label = (text: string) => page.locator(".edge-label").getByText(text, { exact: true });
    await label("racked").waitFor();
    expect(await label("approved").count()).toBe(0);
    await page.getByRole("button", { name: "All transitions" }).click();
    await label("approved").waitFor();
    await page.getByRole("button", { name: "All transitions" }).click();
    await calls.send({ id: "s1", type: "lose" });
    await lit(page, "lost");
    await page.locator(".edge-label.taken").getByText("lose", { exact: true }).waitFor();
    const box = page.getByRole("region", { name: "Statechart, scrollable" });
    const width = () => page.locator(".chart-svg").evaluate((svg) => svg.getBoundingClientRect().width);
    const fitted = await width();
    await box.focus();
    for (let presses = 0; presses < 5; presses++) await page.keyboard.press("+");
    await expect.poll(width).toBeGreaterThan(fitted * 2);
    const place = () => box.evaluate((element) => element.scrollLeft);
    const from = await place();
    const { x, y } = (await box.boundingBox())!;
    await page.mouse.move(x + 200, y + 100);
    await page.mouse.down();
    await page.mouse.move(x + 250, y + 80);
    await page.mouse.up();
    expect(await place()).toBe(from - 50);
    await page.getByRole("button", { name: "Fit", exact: true }).click();
    const sees = () =>
      box.evaluate(
        (element) => element.scrollHeight <= element.clientHeight + 1 && element.scrollWidth <= element.clientWidth + 1,
      );
    await expect.poll(sees).toBe(true);
  });

  test("one that has failed comes first, and says why", async () => {
    const { calls, open } = await house();
    for (const id of ["s1", "s2"]) await calls.rack({ id });
    await calls.send({ id: "s2", type: "breakAction" });
    const page = await open("/manager/server%2Fa");
    await page.getByRole("list", { name: "Why it is so" }).getByText("the action is broken").waitFor();
    const rows = page.getByRole("region", { name: "Actors" }).getByRole("row");
    await expect
      .poll(async () => (await rows.allInnerTexts()).slice(1).map((row) => row.replace(/\s+/g, " ")))
      .toEqual([
        expect.stringMatching(/^server\/s2 failed.*the action is broken/),
        expect.stringMatching(/^server\/s1 racking/),
      ]);
    await page.getByRole("region", { name: "Actors" }).getByRole("link", { name: "server/s2" }).click();
    await page.getByText("failed at racking").waitFor();
  });
});
