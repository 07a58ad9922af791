import { inspector } from "@reeve/inspector";
import { createSupervisor, inProcess, type Supervisor } from "@reeve/runtime";
import { hosts as hostContract } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { workerManager, workers } from "../inspector/scale/workers.ts";
import { executable } from "./chromium.ts";
import { operatorToken } from "./manor.ts";
import { openPage } from "./opened-page.ts";
import { portOf } from "./served-host.ts";

const hosts = 20;
const managersEach = 50;
const heldEach = 100;
/** A manager that is degraded, because the machine is busy, is asked again after so long. */
const refusedMs = 100;
/** Whatever is shown, of however many. */
const mostElements = 2_500;

function addressOf(index: number): string {
  return `block-${Math.floor(index / managersEach)}@w${index % managersEach}`;
}

/** 20 hosts of 50 managers: calls are in flight on all, and each host has a long audit and a long log. */
async function busyFleet() {
  const hub = inProcess();
  const supervisors = Array.from({ length: hosts }, (_, index) => {
    const name = `block-${index}`;
    const supervisor = createSupervisor({
      host: name,
      transport: hub.client({ caller: name }),
      trustedForwarders: ["block-*"],
      remoteOperators: { roles: ["operator"] },
      store: sqlite({ path: ":memory:" }),
      log: { destination: { write() {} } },
      ...(index === 0 ? { inspector: inspector({ port: 0, token: operatorToken }) } : {}),
    });
    for (let backend = 0; backend < managersEach; backend++)
      supervisor.spawn(workerManager, { backend: `w${backend}` });
    return supervisor;
  });
  // One after the other: together they would hold up the one event loop for longer than a start may take on a busy machine.
  for (const supervisor of supervisors) await supervisor.start();
  const held = new AbortController();
  await Promise.all(supervisors.map((supervisor, index) => prepare(supervisor, index, held.signal)));
  const port = portOf(supervisors[0]!);
  /** Each manager calls one on another host. */
  const round = () =>
    Promise.all(
      supervisors.map(async (supervisor, index) => {
        const ref = supervisor.ref(workers);
        for (let own = 0; own < managersEach; own++) {
          const place = index * managersEach + own;
          const to = [addressOf((place + managersEach) % (hosts * managersEach))];
          // Whoever is degraded, because the machine is busy, has its turn in the next round.
          await ref
            .at(addressOf(place))
            .hand({ to })
            .catch(() => undefined);
        }
      }),
    );
  const close = () => {
    held.abort();
    return Promise.all(supervisors.map((supervisor) => supervisor.stop()));
  };
  return { port, round, close };
}

async function prepare(supervisor: Supervisor, index: number, signal: AbortSignal): Promise<void> {
  const ref = supervisor.ref(workers);
  const hold = (address: string): void => {
    ref
      .at(address)
      .hold({}, { signal })
      .catch(() => signal.aborted || setTimeout(() => hold(address), refusedMs));
  };
  for (let held = 0; held < heldEach; held++) hold(addressOf(index * managersEach + (held % managersEach)));
  const own = supervisor
    .as({ user: "ada", roles: ["operator"] })
    .ref(hostContract)
    .at(`block-${index}`);
  for (let manager = 0; manager < managersEach; manager++) {
    const order = { manager: `worker/${addressOf(index * managersEach + manager)}`, reason: "its disk is replaced" };
    await vi.waitFor(() => own.cordon(order), { timeout: 60_000, interval: refusedMs });
  }
}

describe.skipIf(!executable)("with 1,000 managers on 20 hosts", () => {
  let page: Page;
  let fleet: Awaited<ReturnType<typeof busyFleet>> | undefined;
  let closePage: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    fleet = await busyFleet();
    const opened = await openPage(fleet.port);
    [page, closePage] = [opened.page, opened.close];
    page.setDefaultTimeout(60_000);
    await page.locator(".tile", { hasText: "1,000" }).first().waitFor();
  }, 180_000);

  afterAll(async () => {
    await closePage?.();
    await fleet?.close();
  });

  async function show(hash: string): Promise<void> {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  const elements = () => page.evaluate(() => document.querySelectorAll("*").length);

  test("the overview has what is in sight", async () => {
    await show("#/");
    await page.locator(".tree-list .manager-row").first().waitFor();
    expect(await elements()).toBeLessThan(mostElements);
  }, 90_000);

  test("the calls in flight have what is in sight, wherever one scrolls, and the filter finds what is not", async () => {
    await show("#/calls");
    const tables = page.locator(".table");
    await expect.poll(() => tables.count(), { timeout: 60_000 }).toBe(hosts);
    await expect.poll(elements, { timeout: 60_000 }).toBeLessThan(mostElements);
    await page
      .locator(`.table[aria-rowcount="${heldEach + 1}"]`)
      .first()
      .waitFor();
    const row = page.getByRole("row", { name: /block-13@w37/ });
    expect(await row.count()).toBe(0);
    const shown = await page.locator(".table tbody tr[data-row]").first().textContent();
    await page.locator("main").evaluate((main) => main.scrollTo(0, main.scrollHeight / 2));
    await expect.poll(() => page.locator(".table tbody tr[data-row]").first().textContent()).not.toBe(shown);
    expect(await elements()).toBeLessThan(mostElements);
    await page.getByRole("searchbox", { name: "Filter calls" }).fill("@w3");
    await page.locator('.table[aria-rowcount="23"]').first().waitFor();
    expect(await elements()).toBeLessThan(mostElements);
    await page.getByRole("searchbox", { name: "Filter calls" }).fill("block-13@w37");
    await row.first().waitFor();
    expect(await row.count()).toBe(heldEach / managersEach);
  }, 120_000);

  test("the operations have what is in sight", async () => {
    await show("#/operations");
    await expect.poll(() => page.locator(".table").count(), { timeout: 60_000 }).toBe(hosts);
    await expect.poll(elements, { timeout: 60_000 }).toBeLessThan(mostElements);
  }, 90_000);

  test("the logs of all hosts have what is in sight", async () => {
    await show("#/logs");
    const first = page.getByRole("list", { name: "Log lines" }).getByRole("listitem").first();
    const lines = async () => Number(await first.getAttribute("aria-setsize"));
    await expect.poll(lines, { timeout: 60_000 }).toBeGreaterThan(1_000);
    expect(await elements()).toBeLessThan(mostElements);
  }, 90_000);

  test("a panel of 1,000 rows has what is in sight, also at its end, and the filter finds what is not", async () => {
    await show("#/panel/pieces");
    const rows = async () => Number(await page.locator(".table").getAttribute("aria-rowcount"));
    await expect.poll(rows, { timeout: 60_000 }).toBeGreaterThan(500);
    expect(await elements()).toBeLessThan(mostElements);
    await page.locator(".table-box").evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await page.locator(".table tbody tr[data-row]:last-child").waitFor();
    expect(await elements()).toBeLessThan(mostElements);
    await page.getByRole("searchbox", { name: "Filter Pieces" }).fill("block-13@w37");
    await page.getByRole("cell", { name: "block-13@w37" }).waitFor();
  }, 90_000);

  test("a sequence of 1,000 lanes has the lanes in sight, scrolls to the others, and brings that of a message into sight", async () => {
    await show("#/messages");
    await page.locator(".sequence").waitFor();
    const heads = page.locator(".lane-head");
    const lanes = () =>
      page.evaluate(() => {
        const [all, head] = [".lane-heads-all", ".lane-head"].map((one) => document.querySelector<HTMLElement>(one));
        return all && head ? Math.round(all.offsetWidth / head.offsetWidth) : 0;
      });
    const afterRound = async () => {
      await fleet!.round();
      return lanes();
    };
    await expect.poll(afterRound, { timeout: 90_000 }).toBe(hosts * managersEach + 1);
    expect(await heads.count()).toBeLessThan(16);
    expect(await elements()).toBeLessThan(mostElements);
    await page.locator(".lane-heads").evaluate((all) => all.scrollTo(all.scrollWidth, 0));
    await expect.poll(() => heads.last().getAttribute("title")).toMatch(/^worker\/block-19@/);
    expect(await heads.count()).toBeLessThan(16);
    expect(await elements()).toBeLessThan(mostElements);
    // What is read is what is clicked: calls are told of later than they end.
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const away = page.locator(".message", { has: page.locator(".message-away") }).first();
    const [, to] = (await away.locator(".message-away").textContent())!.split(" → ");
    await away.click();
    await page.getByTitle(to!, { exact: true }).waitFor();
    await page.locator('.message[aria-pressed="true"] .message-line').waitFor({ state: "attached" });
  }, 150_000);
});
