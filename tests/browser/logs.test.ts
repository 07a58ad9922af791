import { call, contract, secret } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { defineManager } from "@reeve/runtime";
import { type NatsServer, natsServer } from "@reeve/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { executable } from "./chromium.ts";
import { LampHost } from "./lamp-host.ts";
import { viewToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

const criers = contract("crier", "1.0", {
  cry: call({
    input: z.object({
      level: z.enum(["debug", "info", "warn", "error"]),
      text: z.string(),
      password: secret(z.string()).optional(),
      breaks: z.boolean().optional(),
    }),
  }),
});

const crierManager = defineManager({
  contract: criers,
  setup: () => ({
    operations: {
      cry: ({ level, text, ...more }, { log }) =>
        log[level]({ ...more, ...(more.breaks && { err: new Error("its voice broke") }) }, text),
    },
  }),
});

describe.skipIf(!executable)("the logs of every host", () => {
  let broker: NatsServer;

  beforeAll(async () => {
    broker = await natsServer();
  });

  afterAll(() => broker.stop());

  /** Two hosts that log from `info` on, each with a crier. */
  async function fleet() {
    const start = (host: string) =>
      servedHost(
        { host, transport: nats({ servers: broker.url }), log: { destination: { write() {} } } },
        (supervisor) => supervisor.spawn(crierManager),
      );
    const [first] = await Promise.all([start("block-01"), start("block-02")]);
    const open = async (options: { token?: string; width?: number } = {}) => {
      const page = await openInspector(portOf(first), options);
      await page.getByRole("link", { name: "Logs", exact: true }).click();
      return page;
    };
    const ref = first.ref(criers);
    const cry = (host: string, ...[level, text, more]: readonly [Level, string, object?]) =>
      ref.at(host).cry({ level, text, ...more });
    return { open, cry };
  }
  type Level = "debug" | "info" | "warn" | "error";

  const lines = (page: Page) => page.getByRole("list", { name: "Log lines" });
  const line = (page: Page, text: string | RegExp) => lines(page).getByRole("button", { name: text });

  test("what a host logs is shown, and a lower level once it is set there", async () => {
    const { open, cry } = await fleet();
    const page = await open();
    await cry("block-02", "debug", "whispered before");
    await cry("block-02", "info", "hear ye");
    const row = lines(page).getByRole("listitem").filter({ hasText: "hear ye" });
    await row.waitFor();
    expect(await row.getByRole("link", { name: "crier/block-02" }).getAttribute("href")).toBe(
      "#/manager/crier%2Fblock-02",
    );
    expect(await line(page, "whispered before").count()).toBe(0);

    await page.getByText("What hosts log").click();
    await page.getByLabel("Log level of block-02").selectOption("debug");
    await page.getByText("block-02 logs from debug for an hour.").waitFor();
    await cry("block-02", "debug", "whispered after");
    await line(page, "whispered after").waitFor();

    await page.getByRole("button", { name: "warn up" }).click();
    await cry("block-01", "error", "fire");
    await line(page, "fire").waitFor();
    expect(await line(page, "hear ye").count()).toBe(0);
    expect(page.url()).toMatch(/#\/logs\?least=warn$/);
  });

  test("lines of several hosts stand in the order of time, found by what the address says", async () => {
    const { open, cry } = await fleet();
    for (const text of ["one", "two", "three", "four"])
      await cry(text.length % 2 ? "block-01" : "block-02", "info", `cried ${text}`);
    const page = await open();
    await line(page, "cried four").waitFor();
    await page.getByRole("searchbox", { name: "Filter logs" }).fill("cried");
    await expect
      .poll(() => lines(page).getByRole("button").allInnerTexts())
      .toEqual(["cried one", "cried two", "cried three", "cried four"]);
    await page.getByRole("searchbox", { name: "Filter logs" }).fill("crier/block-02");
    await line(page, "cried one").waitFor({ state: "detached" });
    await line(page, "cried four").waitFor();
    await page.reload();
    await line(page, "cried four").waitFor();
    expect(await line(page, "cried one").count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await expect.poll(() => page.title()).toBe("Logs · Reeve inspector");
  });

  test("an error is unfolded on demand, and no secret is shown", async () => {
    const { open, cry } = await fleet();
    const page = await open();
    await cry("block-02", "error", "no more", { breaks: true, password: "hunter2" });
    await line(page, "no more · its voice broke").click();
    const shown = page.getByRole("complementary", { name: "Log line" });
    await shown.getByText("its voice broke").first().waitFor();
    await shown.getByText("[redacted]").waitFor();
    await shown.getByText("Stack", { exact: true }).click();
    await shown.getByText(/at .*logs\.test\.ts/).waitFor();
    expect(await page.content()).not.toContain("hunter2");
    await page.keyboard.press("Escape");
    await shown.waitFor({ state: "detached" });
  });

  test("while it is paused nothing moves, and then all that came meanwhile is there", async () => {
    const { open, cry } = await fleet();
    const [page, other] = [await open(), await open()];
    await cry("block-01", "info", "before");
    await line(page, "before").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await cry("block-01", "info", "meanwhile");
    await line(other, "meanwhile").waitFor();
    expect(await line(page, "meanwhile").count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await line(page, "meanwhile").waitFor();
  });

  test("a host that does not answer keeps the lines of no other waiting", async () => {
    const { open, cry } = await fleet();
    const lamp = await LampHost.start(broker.url, "block-03");
    const page = await open();
    await cry("block-01", "info", "before");
    await line(page, "before").waitFor();
    await page.getByText("What is logged on").waitFor({ state: "detached" });
    lamp.tell("hold");
    await page.getByText("1 of 3 hosts unknown").waitFor();
    await page.getByText("What is logged on block-03 is not known now.").waitFor({ timeout: 6_000 });
    await cry("block-01", "info", "meanwhile");
    // It was asked before it was unknown, and its answer is waited for for ten seconds.
    await line(page, "meanwhile").waitFor({ timeout: 6_000 });
  });

  test("a host that is killed is said to be not known, and what it has logged stays", async () => {
    const { open, cry } = await fleet();
    const lamp = await LampHost.start(broker.url, "block-03");
    const page = await open();
    await cry("block-01", "info", "still here");
    await line(page, "still here").waitFor();
    await page.getByText("What is logged on").waitFor({ state: "detached" });
    await lamp.kill();
    await page.getByText("What is logged on block-03 is not known now.").waitFor();
    await line(page, "still here").waitFor();
  });

  test("who may only look is told so, and is shown no line", async () => {
    const { open, cry } = await fleet();
    await cry("block-01", "info", "hear ye");
    const page = await open({ token: viewToken });
    await page.getByText("No lines of block-01, block-02. This token may look, not act.").waitFor();
    await page.getByText("No lines yet.").waitFor();
  });
});
