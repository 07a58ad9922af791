import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { type NatsServer, natsServer, silentLogger } from "@reeve/testing";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { executable } from "./chromium.ts";
import { LampHost } from "./lamp-host.ts";
import { lamps } from "./lamps.ts";
import { openInspector } from "./opened-page.ts";

describe.skipIf(!executable)("what is shown is so, or is said to be unknown", () => {
  let broker: NatsServer;

  beforeAll(async () => {
    broker = await natsServer();
  });

  afterAll(() => broker.stop());

  async function fleet(...others: readonly string[]) {
    const served = await LampHost.start(broker.url, "block-01", 0);
    const hosts = await Promise.all(others.map((host) => LampHost.start(broker.url, host)));
    const page = await openInspector(served.port);
    page.setDefaultTimeout(20_000);
    for (const host of ["block-01", ...others]) await row(page, `lamp ${host} serving.ready`).waitFor();
    return { page, served, hosts };
  }

  test("a host that is killed is lost, and stays so until it is dismissed", async () => {
    const { page, hosts } = await fleet("block-02", "block-03");
    await hosts[0]!.kill();
    await hostRow(page, "block-02 lost last heard").waitFor();
    await row(page, "lamp block-02@spare lost was serving.ready").waitFor();
    await tile(page, "2 Lost").waitFor();
    await tile(page, "4 Serving").waitFor();
    await change(page, "block-02", "lost").waitFor();
    const uptime = row(page, "lamp block-02 lost").locator(".figure", { hasText: "Uptime" });
    const stopped = await uptime.textContent();
    expect(stopped).toMatch(/\d+ s$/);
    // One that went on would be another by then.
    await page.waitForFunction((until) => Date.now() > until, Date.now() + 1_500);
    await page.reload();
    await hostRow(page, "block-02 lost").waitFor();
    expect(await uptime.textContent()).toBe(stopped);
    await page.getByRole("button", { name: "Dismiss block-02" }).click();
    await hostRow(page, "block-02").waitFor({ state: "detached" });
    await page.reload();
    await hostRow(page, "block-03").waitFor();
    expect(await hostRow(page, "block-02").count()).toBe(0);
  }, 60_000);

  test("a host that was killed and is started again is shown once, and serves", async () => {
    const { page, hosts } = await fleet("block-02");
    await hosts[0]!.kill();
    await hostRow(page, "block-02 lost").waitFor();
    await LampHost.start(broker.url, "block-02");
    await row(page, "lamp block-02 serving.ready").waitFor();
    await tile(page, "4 Serving").waitFor();
    expect(await hostRow(page, "block-02").count()).toBe(1);
    await change(page, "block-02", "heard again").waitFor();
  }, 60_000);

  test("a page that is loaded again right after a kill still tells of it", async () => {
    const { page, hosts } = await fleet("block-02");
    await hosts[0]!.kill();
    await page.reload();
    await hostRow(page, "block-02 lost").waitFor();
    await tile(page, "2 Lost").waitFor();
  }, 60_000);

  test("without a broker the others are unreachable, none is lost, and they are back with it", async () => {
    const { page } = await fleet("block-02");
    await broker.kill();
    onTestFinished(async () => {
      if (!broker.running) await broker.restart();
    });
    await hostRow(page, "block-02 unreachable").waitFor();
    await tile(page, "2 Unknown").waitFor();
    await row(page, "lamp block-01 degraded LINK_LOST").waitFor();
    await tile(page, "0 Serving").waitFor();
    await page.getByText("1 of 2 hosts unknown").waitFor();
    await broker.restart();
    await row(page, "lamp block-02 serving.ready").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await page.getByText("lost", { exact: true }).count()).toBe(0);
  }, 60_000);

  test("a host killed while the broker was away is lost once it is back", async () => {
    const { page, hosts } = await fleet("block-02");
    await broker.kill();
    onTestFinished(async () => {
      if (!broker.running) await broker.restart();
    });
    await hostRow(page, "block-02 unreachable").waitFor();
    await hosts[0]!.kill();
    await broker.restart();
    await hostRow(page, "block-02 lost").waitFor();
  }, 60_000);

  test("a host that gives up says why, and goes on saying it", async () => {
    const { page, hosts } = await fleet("block-02");
    hosts[0]!.tell("crash");
    await hostRow(page, "block-02 gave up RESTARTS_EXHAUSTED: lamp/block-02 failed more than 0 times").waitFor();
    await change(page, "block-02", "RESTARTS_EXHAUSTED").waitFor();
    await tile(page, "1 Failed").waitFor();
    await page.reload();
    await hostRow(page, "block-02 gave up RESTARTS_EXHAUSTED").waitFor();
    await tile(page, "1 Failed").waitFor();
  }, 60_000);

  test("a host that stops in order is shown as stopped, not as lost", async () => {
    const { page, hosts } = await fleet("block-02");
    await hosts[0]!.kill("SIGTERM");
    await hostRow(page, "block-02 stopped").waitFor();
    await row(page, "lamp block-02 stopped").waitFor();
    expect(await tile(page, "Lost").count()).toBe(0);
  }, 60_000);

  test("a host whose loop stands still is silent, and lost only once its process is killed", async () => {
    const { page, hosts } = await fleet("block-02");
    hosts[0]!.tell("hold");
    await hostRow(page, "block-02 silent").waitFor();
    await hosts[0]!.kill();
    await hostRow(page, "block-02 lost").waitFor();
  }, 60_000);

  test("the serving host is killed: nothing is called live; started again, it tells of all", async () => {
    const { page, served, hosts } = await fleet("block-02", "block-03");
    await served.kill();
    await page.getByText(/^Stale for/).waitFor();
    await tile(page, "6 Unknown").waitFor();
    await tile(page, "0 Serving").waitFor();
    await hosts[1]!.kill();
    await LampHost.start(broker.url, "block-01", served.port);
    await row(page, "lamp block-02 serving.ready").waitFor();
    await row(page, "lamp block-01 serving.ready").waitFor();
    await hostRow(page, "block-03 lost").waitFor();
    expect(await hostRow(page, "block-01").count()).toBe(1);
    await page.getByText("Live", { exact: true }).waitFor();
  }, 60_000);

  test("what cannot be read of one host costs that host's row, and nothing else", async () => {
    const { page } = await fleet("block-02");
    const stranger = nats({ servers: broker.url, caller: "block-04" });
    await stranger.connect();
    onTestFinished(() => stranger.close());
    const say = (caller: string, message: object) =>
      stranger.publish(`reeve.sys.inspection.${caller}`, new TextEncoder().encode(JSON.stringify(message)));
    say("block-04", { type: "reeve.inspection.v7", what: "ever" });
    await hostRow(page, "block-04 speaks another version").waitFor();
    const head = { type: "reeve.inspection.v1", sender: "S9", host: "block-05", sequence: 1, whole: true };
    say("block-05", { ...head, entries: [{ at: "noon" }] });
    await hostRow(page, /block-05 speaks another version .*entries\.0\.at/).waitFor();
    await row(page, "lamp block-02 serving.ready").waitFor();
    await page.getByText("2 of 4 hosts unknown").waitFor();
    const host = { host: "block-05", startedAt: 0, panels: [], acts: false };
    say("block-05", { ...head, sequence: 2, entries: [{ at: 0, host, actors: [] }] });
    await hostRow(page, /^block-05 0 managers/).waitFor();
    await page.getByText("1 of 4 hosts unknown").waitFor();
  }, 60_000);

  test("what the page itself cannot make sense of costs the host that it tells of, and nothing else", async () => {
    const { page } = await fleet("block-02");
    let say = (_: string): void => {};
    await page.routeWebSocket(/\/live/, (socket) => {
      socket.connectToServer();
      say = (text) => socket.send(text);
    });
    await page.reload();
    await row(page, "lamp block-02 serving.ready").waitFor();
    const tell = (host: string, causes: unknown, history: unknown) => {
      const context = { causes, epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };
      const snapshot = { status: "active", value: "serving", context };
      const actor = { id: `lamp/${host}#1`, name: `lamp/${host}`, definition: "d", snapshot, history, at: 0 };
      const facts = { host, startedAt: 0, panels: [], acts: false };
      say(JSON.stringify({ type: "news", news: { instance: host, seq: 1, at: 0, host: facts, actors: [actor] } }));
    };
    tell("block-07", [], null);
    tell("block-08", null, []);
    for (const host of ["block-07", "block-08"]) await hostRow(page, `${host} speaks another version`).waitFor();
    await page.getByText("2 of 4 hosts unknown").waitFor();
    await row(page, "lamp block-02 serving.ready").waitFor();
  }, 60_000);

  /** What calls the lamps, on behalf of a person. */
  async function caller() {
    const connection = await connect({
      transport: nats({ servers: broker.url, caller: "block-09" }),
      log: silentLogger,
    });
    onTestFinished(() => connection.close());
    return connection.as({ user: "ada", tenant: "acme", roles: [] }).ref(lamps);
  }

  test("calls of one request stand below each other in the order of cause, across hosts, with their ends", async () => {
    const { page } = await fleet("block-02", "block-03");
    const lamp = await caller();
    await page.getByRole("link", { name: "Messages" }).click();
    await lamp.at("block-02").on({ room: "hall" });
    await lamp.at("block-03").chain({ room: "attic", through: ["block-01", "block-02"] });
    await expect(lamp.at("block-02").blow({ fuse: "F7" })).rejects.toMatchObject({ reason: "FUSE_BLOWN" });
    const list = page.getByRole("list", { name: "Messages" });
    await list.getByRole("button", { name: /lamp\/block-02: blow, FUSE_BLOWN/ }).waitFor();
    await page.getByRole("button", { name: "Calls", exact: true }).click();
    const chain = list.getByRole("button", { name: /: chain/ });
    await expect.poll(() => chain.count()).toBe(3);
    const lines = await chain.allTextContents();
    expect(lines.map((line) => /calls (lamp\/block-0\d): chain, [\d.]+ ms/.exec(line)?.[1])).toEqual([
      "lamp/block-03",
      "lamp/block-01",
      "lamp/block-02",
    ]);
    const indents = await chain
      .locator(".message-call")
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).paddingLeft));
    expect(indents).toEqual(["0px", "14px", "28px"]);
    await list.getByRole("button", { name: /: blow/ }).click();
    const shown = page.getByRole("complementary", { name: "Message" });
    for (const text of ["block-09", "ada (acme)", "FUSE_BLOWN", "executed"])
      await shown.getByText(text, { exact: true }).waitFor();
    await shown.getByRole("button", { name: "Close" }).click();
    await chain.first().click();
    await shown.getByTitle("Show only what belongs to it").click();
    await expect.poll(() => list.getByRole("button").count()).toBe(3);
  }, 60_000);

  test("what runs on any host is found by its request, with its age, and is cancelled", async () => {
    const { page } = await fleet("block-02");
    const lamp = await caller();
    await page.getByRole("link", { name: "Calls", exact: true }).click();
    await page.getByText("Nothing runs or waits on 2 hosts.").waitFor();
    const held = lamp
      .at("block-02")
      .hold({})
      .catch((error: unknown) => error);
    const row = page.getByRole("row", { name: /^lamp\/block-02 hold \d+ s runs .* block-09 ada \(acme\)/ });
    await row.waitFor();
    const request = (await row.locator("code").last().textContent())!;
    const filter = page.getByRole("searchbox", { name: "Filter calls" });
    await filter.fill("another");
    await page.getByText("Nothing fits the filter.").waitFor();
    await filter.fill(request);
    await row.getByRole("button", { name: "Cancel hold of block-09" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).click();
    expect(await held).toMatchObject({ reason: "CANCELLED" });
    await page.getByText("Nothing runs or waits on 2 hosts.").waitFor();
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByRole("searchbox", { name: "Filter messages" }).fill(request);
    await page.getByRole("button", { name: /lamp\/block-02: hold, CANCELLED/ }).waitFor();
  }, 60_000);
});

function row(page: Page, text: string): Locator {
  return page
    .getByRole("list", { name: "Hosts and managers" })
    .getByRole("link", { name: spaced(text) })
    .first();
}

function hostRow(page: Page, text: string | RegExp): Locator {
  return page.getByRole("button", { name: typeof text === "string" ? spaced(text) : text, includeHidden: false });
}

function tile(page: Page, text: string): Locator {
  return page.getByRole("group", { name: "Show only managers that are" }).getByRole("button", { name: text });
}

function change(page: Page, host: string, what: string): Locator {
  const lines = page.getByRole("region", { name: "Latest changes" }).getByRole("listitem");
  return lines.filter({ has: page.getByText(host, { exact: true }) }).filter({ hasText: what });
}

/** What stands there begins so, whatever stands between the words that are given. */
function spaced(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.+()]/g, "\\$&").replaceAll(" ", "\\s(.*\\s)?")}`);
}
