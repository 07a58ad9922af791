import { tcpProxy } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executable } from "./chromium.ts";
import { Manor, operatorToken, viewToken } from "./manor.ts";
import { lit, openInspector, showManager } from "./opened-page.ts";

describe.skipIf(!executable)("in a real browser", () => {
  const manor = new Manor();

  beforeAll(() => manor.open());
  afterAll(() => manor.close());

  test("one page shows the managers of every host, whoever serves it", async () => {
    const page = await openInspector(manor.port);
    const tree = page.getByRole("list", { name: "Hosts and managers" });
    for (const host of ["block-01", "block-02"])
      await page.getByRole("button", { name: new RegExp(`^${host}`) }).waitFor();
    for (const name of ["scheduler", "volume block-01@ssd", "volume block-02@hdd"]) {
      await tree.getByRole("link", { name: new RegExp(`^${name}.*serving\\.ready`) }).waitFor();
    }
  });

  test("the token leaves the address bar, and lasts over a reload", async () => {
    const page = await openInspector(manor.port);
    await page.getByText("Live", { exact: true }).waitFor();
    expect(page.url()).not.toContain("token");
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("a wrong token is refused in words, another is asked for, and kept for pages that are opened later", async () => {
    const page = await openInspector(manor.port, { token: "a-token-that-is-wrong" });
    await page.getByRole("alert").getByText("The token is missing or wrong").waitFor();
    await page.getByLabel("Token").fill(operatorToken);
    await page.getByRole("button", { name: "Let me in" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    const other = await page.context().newPage();
    await other.goto(`http://127.0.0.1:${manor.port}/`);
    await other.getByText("Live", { exact: true }).waitFor();
  });

  test("the address shows the same to whoever opens it: view, manager, filters and the step that is meant", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("searchbox", { name: "Find a manager" }).fill("block-02");
    await page.getByRole("button", { name: /Serving/ }).click();
    await expect.poll(() => page.url()).toMatch(/#\/\?find=block-02&tone=good$/);
    const open = async (url: string) => {
      const other = await page.context().newPage();
      await other.goto(url);
      return other;
    };
    const overview = await open(page.url());
    const tree = overview.getByRole("list", { name: "Hosts and managers" });
    await tree.getByRole("link", { name: /^volume block-02@hdd/ }).waitFor();
    expect(await tree.getByRole("link", { name: /^scheduler/ }).count()).toBe(0);
    expect(await overview.getByRole("button", { name: /Serving/, pressed: true }).count()).toBe(1);
    await expect.poll(() => overview.title()).toBe("Overview · Reeve inspector");
    await showManager(page, "volume block-02@hdd");
    await page.getByRole("region", { name: "History" }).getByTitle("A link to this step").first().click();
    await expect.poll(() => page.url()).toMatch(/#\/manager\/.*\?at=\d+$/);
    const manager = await open(page.url());
    await manager.locator(".step.meant").waitFor();
    await expect.poll(() => manager.title()).toBe("volume/block-02@hdd · Reeve inspector");
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByRole("button", { name: "Lifecycle" }).click();
    await page.getByRole("searchbox", { name: "Filter messages" }).fill("a-request");
    await expect.poll(() => page.url()).toMatch(/#\/messages\?kind=lifecycle&find=a-request$/);
    const messages = await open(page.url());
    expect(await messages.getByRole("searchbox", { name: "Filter messages" }).inputValue()).toBe("a-request");
    expect(await messages.getByRole("button", { name: "Lifecycle", pressed: true }).count()).toBe(1);
    await messages.getByRole("link", { name: "Calls", exact: true }).click();
    expect(await messages.getByRole("searchbox", { name: "Filter calls" }).inputValue()).toBe("a-request");
  });

  test("a manager is followed from its boot to serving", async () => {
    const page = await openInspector(manor.port);
    const { letIn } = manor.addGate();
    await showManager(page, "gate");
    await lit(page, "preRpc");
    letIn();
    await lit(page, "serving.ready");
    await page.getByRole("region", { name: "History" }).getByText("preRpc", { exact: true }).waitFor();
  });

  test("a degraded manager says why, and heals before the eyes of the viewer", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-02@hdd");
    await lit(page, "serving.ready");
    const putBack = await manor.pull("hdd");
    await lit(page, "degraded");
    const why = page.getByRole("list", { name: "Why it is so" });
    await why.getByRole("link", { name: "DRIVER_LOST" }).waitFor();
    await page.getByRole("link", { name: "Overview" }).first().click();
    const wrong = page.getByRole("region", { name: "What is wrong" });
    await wrong
      .getByRole("listitem")
      .filter({ hasText: /DRIVER_LOST1 manager on 1 host/ })
      .waitFor();
    // The worst stands first.
    const [first] = await page
      .getByRole("list", { name: "Hosts and managers" })
      .getByRole("listitem")
      .allTextContents();
    expect(first).toMatch(/^block-02/);
    await wrong.getByRole("link", { name: "DRIVER_LOST" }).click();
    await page.getByRole("heading", { name: "DRIVER_LOST" }).waitFor();
    await page.getByText(/docs\/errors\.md#driver_lost/).waitFor();
    await page.goBack();
    await showManager(page, "volume block-02@hdd");
    await putBack();
    await lit(page, "serving.ready");
  });

  test("keys go to the filter, to the pages, and say what they do", async () => {
    const page = await openInspector(manor.port);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("ssd");
    expect(await page.getByRole("searchbox", { name: "Find a manager" }).inputValue()).toBe("ssd");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.getByRole("heading", { name: "Messages" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
  });

  test("the chart follows within a second", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-01@ssd");
    await lit(page, "serving.ready");
    const delays: number[] = [];
    for (let round = 0; round < 5; round++) {
      const litAt = page.evaluate(untilLit, "degraded");
      const putBack = await manor.pull("ssd");
      await manor.first.until("volume", "block-01@ssd", ({ status }) => status.state === "degraded");
      const happenedAt = Date.now();
      delays.push((await litAt) - happenedAt);
      await putBack();
      await lit(page, "serving.ready");
    }
    // The middle one: a machine that runs other tests may stall once.
    expect(delays.sort((one, other) => one - other)[2]).toBeLessThan(1_000);
  });

  test("a call is followed across two managers, and its payload is shown on demand", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByText("No messages yet.").waitFor();
    await manor.volume.create({ name: "db", sizeGiB: 1 });
    const rows = page.getByRole("list", { name: "Messages" });
    await rows.getByRole("button", { name: /outside calls volume\/block-01@ssd: create/ }).waitFor();
    await rows
      .getByRole("button", { name: /volume\/block-01@ssd calls scheduler\/.*: place/ })
      .first()
      .waitFor();
    await rows
      .getByRole("button", { name: /: create/ })
      .first()
      .click();
    const message = page.getByRole("complementary", { name: "Message" });
    await message.getByText("db", { exact: true }).waitFor();
    await message.getByRole("button", { name: "Close" }).click();
    await page.getByRole("searchbox", { name: "Filter messages" }).fill("place");
    await rows.getByRole("button", { name: /create/ }).waitFor({ state: "detached" });
    await rows
      .getByRole("button", { name: /: place/ })
      .first()
      .waitFor();
  });

  test("a page that is opened later, or loaded again, shows what was seen before, with how it ended", async () => {
    const page = await openInspector(manor.port);
    await page.getByText("Live", { exact: true }).waitFor();
    await manor.volume.create({ name: "seen-before", sizeGiB: 1 });
    await page.getByRole("link", { name: "Messages" }).click();
    const rows = page.getByRole("button", { name: /: create, [\d.]+ ms/ });
    await rows.first().waitFor();
    const later = await openInspector(manor.port);
    await later.getByRole("link", { name: "Messages" }).click();
    await later
      .getByRole("button", { name: /: create, [\d.]+ ms/ })
      .first()
      .waitFor();
    const before = await rows.count();
    await page.reload();
    await rows.first().waitFor();
    expect(await rows.count()).toBe(before);
    await page.getByRole("link", { name: "Latency" }).click();
    await page.getByRole("img", { name: /^volume\.create/ }).waitFor();
  });

  test("a message's address leads to it in another tab, and one of a time that nobody knows says so", async () => {
    const page = await openInspector(manor.port);
    await page.getByText("Live", { exact: true }).waitFor();
    for (let index = 0; index < 40; index++) await manor.volume.list({ limit: index + 1 });
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByRole("searchbox", { name: "Filter messages" }).fill("list");
    const list = page.getByRole("list", { name: "Messages" });
    await list
      .getByRole("button", { name: /: list/ })
      .first()
      .waitFor();
    await page.locator(".sequence-list").evaluate((box) => box.scrollTo({ top: 0 }));
    await list.locator('li[aria-posinset="3"] button').click();
    const asked = page.getByRole("complementary", { name: "Message" });
    await asked.getByText("limit").waitFor();
    const [facts, address] = [await asked.locator("dl").textContent(), page.url()];
    expect(address).toMatch(/#\/messages\?.*at=\d+/);
    await page.keyboard.press("Escape");
    await asked.waitFor({ state: "detached" });
    expect(page.url()).not.toContain("at=");

    const other = await page.context().newPage();
    await other.goto(address);
    await other.getByRole("complementary", { name: "Message" }).getByText("limit").waitFor();
    expect(await other.getByRole("complementary", { name: "Message" }).locator("dl").textContent()).toBe(facts);
    await other.locator(".message.chosen").waitFor();
    await other.getByRole("button", { name: "Resume" }).waitFor();
    await other.goto(address.replace(/at=[\d-]+/, "at=1000"));
    await other.reload();
    await other
      .getByRole("note")
      .getByText(/^What was told at 1970-/)
      .waitFor();
  });

  test("a list that is left while it scrolls is left in peace", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("link", { name: "Messages" }).click();
    await manor.volume.create({ name: "left", sizeGiB: 1 });
    const list = await page.locator(".virtual").elementHandle();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.waitForFunction((element) => !element?.isConnected, list);
    await list?.evaluate((element) => element.dispatchEvent(new Event("scroll")));
  });

  test("paused, the messages stand still, and go on when asked", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    const rows = page.getByRole("list", { name: "Messages" });
    const paused = { name: "before-the-pause", sizeGiB: 1 };
    await manor.volume.create(paused);
    await rows
      .getByRole("button", { name: /: create/ })
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const shown = await page.locator(".sequence-count").textContent();
    await manor.volume.list({ filter: {}, limit: 1 } as never).catch(() => undefined);
    await expect.poll(() => page.locator(".sequence-count").textContent()).not.toBe(shown);
    expect(await rows.getByRole("button", { name: /: list/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await rows
      .getByRole("button", { name: /: list/ })
      .first()
      .waitFor();
  });

  test("reset is confirmed, pressed, and seen to happen", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-01@ssd");
    await page.getByRole("button", { name: "Reset", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Reset volume/block-01@ssd?" });
    // Pressed before it is there, Escape would close nothing.
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    const history = page.getByRole("region", { name: "History" });
    expect(await history.getByText("resetting", { exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Reset", exact: true }).click();
    await dialog.getByRole("button", { name: "Reset", exact: true }).click();
    await page.getByText("volume/block-01@ssd was reset.").waitFor();
    await history.getByText("resetting", { exact: true }).first().waitFor();
    await lit(page, "serving.ready");
  });

  test("a manager on another host is restarted through the fleet, and comes back with a higher epoch", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-02@hdd");
    const { epoch } = manor.second.managers()[0]!;
    await page.getByRole("button", { name: "Restart", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Restart", exact: true }).click();
    await page.getByText("volume/block-02@hdd was restarted.").waitFor();
    await page
      .locator(".big-figure", { hasText: "Epoch" })
      .getByText(String(epoch + 1), { exact: true })
      .waitFor();
    await lit(page, "serving.ready");
  });

  test("a manager is cordoned with a reason, says so, and is cordoned no more", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-02@hdd");
    await page.getByRole("button", { name: "Cordon", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Cordon volume/block-02@hdd?" });
    await dialog.getByRole("button", { name: "Cordon", exact: true }).click();
    // Without a reason nothing is done.
    await dialog.getByLabel("Reason").fill("its disk is replaced");
    await dialog.getByRole("button", { name: "Cordon", exact: true }).click();
    await page.getByText("volume/block-02@hdd is cordoned.").waitFor();
    await page.getByRole("note", { name: "Why it is cordoned" }).getByText("its disk is replaced (inspector").waitFor();
    await page.getByRole("link", { name: "Capabilities" }).click();
    await page.getByRole("row", { name: /volume\/block-02@hdd.*cordoned/ }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Uncordon", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Uncordon", exact: true }).click();
    await page.getByRole("button", { name: "Cordon", exact: true }).waitFor();
    expect(await page.getByRole("note", { name: "Why it is cordoned" }).count()).toBe(0);
  });

  test("a manager that was drained is started again", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-02@hdd");
    await page.getByRole("button", { name: "Drain", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain", exact: true }).click();
    await page.getByText("volume/block-02@hdd is drained.").waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("volume/block-02@hdd was started.").waitFor();
    await lit(page, "serving.ready");
  });

  test("calls in flight are shown with who waits for them, and one is cancelled", async () => {
    const bell = manor.addBell();
    const page = await openInspector(manor.port);
    await showManager(page, "bell");
    const calls = page.getByRole("region", { name: "Calls in flight" });
    await calls.getByText("None.").waitFor();
    const tolling = bell.toll({}).catch((error: unknown) => error);
    await calls.getByRole("row", { name: /toll .* runs .* block-01 ada \(acme\)/ }).waitFor();
    await calls.getByRole("button", { name: "Cancel toll of block-01" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByText("toll is cancelled.").waitFor();
    expect(await tolling).toMatchObject({ reason: "CANCELLED" });
    await calls.getByText("None.").waitFor();
  });

  test("how long calls take is shown for each operation, with the share of them that failed", async () => {
    const page = await openInspector(manor.port);
    await page.getByText("Live", { exact: true }).waitFor();
    for (let index = 0; index < 3; index++) await manor.volume.list({});
    await manor.volume.get({ id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }).catch(() => undefined);
    await page.getByRole("link", { name: "Latency" }).click();
    const list = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "volume.list" }) });
    await list.locator("dl", { hasText: /Timed\d+Errors0 %$/ }).waitFor();
    expect(await list.locator(".times-line").first().getAttribute("d")).toMatch(/^M/);
    const get = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "volume.get" }) });
    await get.getByText("100 %").waitFor();
    expect(await get.locator(".times-failed").getAttribute("d")).toMatch(/^M/);
    await page.getByRole("searchbox", { name: "Filter operations" }).fill("volume.l");
    await get.waitFor({ state: "detached" });
    await list.waitFor();
  });

  test("what was done is shown, and how much a host logs is set for an hour", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("link", { name: "Operations" }).click();
    const level = page.getByLabel("Log level of block-02");
    expect(await level.inputValue()).toBe("silent");
    await level.selectOption("error");
    await page.getByText("block-02 logs from error for an hour.").waitFor();
    await page.getByText(/^silent again in 59 min|^silent again in 1 h/).waitFor();
    const host = page.getByRole("region", { name: "block-02" });
    await host.getByRole("row", { name: /inspector block-01 setLogLevel .* done error for 3600000 ms/ }).waitFor();
    await level.selectOption("silent");
  });

  test("a crash is seen, with what it was, and so is the recovery", async () => {
    const page = await openInspector(manor.port);
    await showManager(page, "volume block-01@ssd");
    await lit(page, "serving.ready");
    const { epoch } = manor.first.managers().find(({ manager }) => manager === "volume")!;
    manor.first.kill("volume", "block-01@ssd");
    const history = page.getByRole("region", { name: "History" });
    await history.getByText("volume/block-01@ssd was killed").waitFor();
    await page
      .locator(".big-figure", { hasText: "Epoch" })
      .getByText(String(epoch + 1), { exact: true })
      .waitFor();
    await lit(page, "serving.ready");
    await page.getByRole("link", { name: "Overview", exact: true }).first().click();
    await page.getByRole("region", { name: "Latest changes" }).getByText("was killed").first().waitFor();
  });

  test("who may only look finds nothing to press", async () => {
    const page = await openInspector(manor.port, { token: viewToken });
    await showManager(page, "volume block-01@ssd");
    await page.getByText("This token may look, not act.").waitFor();
    expect(await page.getByRole("button", { name: "Reset", exact: true }).count()).toBe(0);
    await page.getByRole("link", { name: "Operations" }).click();
    expect(await page.getByLabel("Log level of block-01").isDisabled()).toBe(true);
  });

  test("a lost connection is told, what is shown is called stale, and it comes back by itself", async () => {
    await using proxy = await tcpProxy(manor.port);
    const page = await openInspector(proxy.port);
    await page.getByText("Live", { exact: true }).waitFor();
    await proxy.cut();
    await page.getByText(/^Stale for/).waitFor();
    await page
      .getByRole("link", { name: /scheduler/ })
      .first()
      .waitFor();
    await proxy.heal();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 15_000 });
    proxy.blackhole();
    await page.getByText(/^Stale for/).waitFor();
    await proxy.heal();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 15_000 });
  });

  test("everything is reached with the keyboard", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("link", { name: /volume block-01@ssd/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.getByRole("button", { name: /^block-01/ }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Statechart" }).waitFor();
    await page.getByRole("button", { name: "Reset", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    expect(await page.evaluate(() => document.activeElement?.closest("dialog") !== null)).toBe(true);
  });

  test("capabilities are shown, with what each report holds", async () => {
    const page = await openInspector(manor.port);
    await page.getByRole("link", { name: "Capabilities" }).click();
    const row = page.getByRole("row", { name: /volume\/block-01@ssd/ });
    await row.getByRole("button", { name: /^Details/ }).click();
    await page.getByText("freeBytes").first().waitFor();
  });

  test("placements are shown, with the reason for each choice", async () => {
    const page = await openInspector(manor.port);
    await manor.volume.create({ name: "to-be-placed", sizeGiB: 1 });
    await page.getByRole("link", { name: "Placements" }).click();
    const row = page.getByRole("row", { name: /volume\/rack-a@ssd.*that fitted, 2 known/ }).first();
    await row.getByRole("button", { name: /^Details/ }).click();
    await page.getByRole("row", { name: /rack-a@ssd chosen/ }).waitFor();
  });

  test("a page on which nothing happens is at rest: nothing turns, and nothing is drawn anew but the seconds", async () => {
    const page = await openInspector(manor.port, { motion: true });
    await page.getByRole("link", { name: /^scheduler .*serving\.ready/ }).waitFor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    const recalculations = async (): Promise<number> => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "RecalcStyleCount")!.value;
    };
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    const before = await recalculations();
    // As many frames as a screen shows in two seconds, however long that takes.
    await page.evaluate(frames, 120);
    expect((await recalculations()) - before).toBeLessThan(30);
  });

  test("only what goes on now turns: a step of the past stands still", async () => {
    const page = await openInspector(manor.port, { motion: true });
    const { letIn } = manor.addGate("late");
    await showManager(page, "gate block-01@late");
    const history = page.getByRole("region", { name: "History" });
    await history.getByText("preRpc", { exact: true }).waitFor();
    const turning = () => page.evaluate(endlessAnimations);
    expect(await turning()).toEqual(["preRpc"]);
    letIn();
    await lit(page, "serving.ready");
    await expect.poll(turning).toEqual([]);
  });

  test("the official tool is opened only after a warning", async () => {
    const page = await openInspector(manor.port);
    const [stately] = await Promise.all([
      page.waitForEvent("popup"),
      page.getByRole("link", { name: /Stately/ }).click(),
    ]);
    await stately.getByText("It is a page of stately.ai, not of this machine.").waitFor();
    expect(await stately.locator("iframe").count()).toBe(0);
    const asked = stately.waitForRequest("https://stately.ai/inspect");
    await stately.getByRole("button", { name: "Send the data and open it" }).click();
    await asked;
  });
});

/** Runs in the page: the texts of the states of which something turns without end. */
function endlessAnimations(): readonly (string | null | undefined)[] {
  const effects = document.getAnimations().map(({ effect }) => effect as KeyframeEffect);
  const endless = effects.filter((effect) => effect.getTiming().iterations === Number.POSITIVE_INFINITY);
  return endless.map(({ target }) => target?.closest(".pill")?.textContent);
}

/** Runs in the page: resolves after so many frames. */
function frames(count: number): Promise<void> {
  return new Promise((resolve) => {
    const next = (left: number): void => void (left === 0 ? resolve() : requestAnimationFrame(() => next(left - 1)));
    next(count);
  });
}

/** Runs in the page: resolves with the time at which the chart lit that state. */
function untilLit(state: string): Promise<number> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.querySelector(`[data-state="${state}"][data-active="true"]`)) resolve(Date.now());
      else requestAnimationFrame(look);
    };
    look();
  });
}
