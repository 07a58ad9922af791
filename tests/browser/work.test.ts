import { inProcess, type Supervisor } from "@reeve/runtime";
import { hosts } from "@reeve/runtime/host";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ledger, ledgerManager } from "../casts/ledger.ts";
import { millManager, mills } from "../host/mill.ts";
import { expectAccessible } from "./accessible.ts";
import { executable } from "./chromium.ts";
import { operatorToken, viewToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";
import { portOf, servedHost } from "./served-host.ts";

describe.skipIf(!executable)("the work of every host", () => {
  /** Two hosts: one grinds and casts, the other keeps a book, which may be full. */
  async function fleet() {
    const hub = inProcess();
    let full = true;
    const start = (host: string, spawn: (supervisor: Supervisor) => void) =>
      servedHost({ host, transport: hub.client({ caller: host }) }, spawn);
    await start("book-01", (supervisor) =>
      supervisor.spawn(
        ledgerManager((text) => {
          if (full) throw new Error(`no room for ${text}`);
        }),
      ),
    );
    const mill = await start("mill-01", (supervisor) => supervisor.spawn(millManager));
    const grind = (sack: string, breaks: boolean) =>
      void mill
        .ref(mills)
        .grind({ sack, breaks })
        .catch(() => {});
    const open = async (token = operatorToken) => {
      const page = await openInspector(portOf(mill), { token });
      await page.getByRole("link", { name: "Work", exact: true }).click();
      return page;
    };
    const notes = () => mill.ref(ledger).read({});
    const clear = () => {
      full = false;
    };
    const dead = async () =>
      (
        await mill
          .ref(hosts)
          .at("mill-01")
          .casts({ filter: { state: "dead" } })
      ).items.length;
    const die = async (text: string) => {
      const before = await dead();
      await mill.ref(ledger).note({ text });
      await expect.poll(dead, { timeout: 10_000 }).toBe(before + 1);
    };
    return { mill, grind, open, notes, clear, die };
  }

  const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

  test("a dead letter is replayed or dropped with a reason, and gone; who may only look is offered neither", async () => {
    const { mill, open, notes, clear, die } = await fleet();
    await die("one");
    const page = await open();
    const letters = section(page, "Dead letters");
    await letters.getByRole("row", { name: /ledger\.note.*UNDECLARED.*mill-01/ }).waitFor();

    const looking = await open(viewToken);
    await section(looking, "Dead letters").getByText("This token may look, not act.").waitFor();
    expect(
      await section(looking, "Dead letters")
        .getByRole("button", { name: /Replay|Drop/ })
        .count(),
    ).toBe(0);

    clear();
    await letters.getByRole("button", { name: /^Replay ledger\.note/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("there is room again");
    await dialog.getByRole("button", { name: "Replay" }).click();
    await letters.getByText("None: every durable cast").waitFor();
    await expect.poll(notes).toEqual(["one"]);
    const audit = await mill.ref(hosts).at("mill-01").audit({});
    expect(audit.items).toMatchObject([
      { operation: "replayCast", user: "inspector", outcome: "done", detail: /there is room again/ },
    ]);
  });

  test("one that is dropped is gone and never carried out", async () => {
    const { open, notes, die } = await fleet();
    await die("two");
    const page = await open();
    const letters = section(page, "Dead letters");
    await letters.getByRole("button", { name: /^Drop ledger\.note/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("written by hand");
    await dialog.getByRole("button", { name: "Drop" }).click();
    await letters.getByText("None: every durable cast").waitFor();
    expect(await notes()).toEqual([]);
  });

  test("what failed says why and when it is tried next, above what runs; the filter and the keys reach it", async () => {
    const { grind, open } = await fleet();
    grind("oats", false);
    grind("rye", true);
    const page = await open();
    const row = section(page, "Failed or left").getByRole("row", { name: /rye sack\.grinding failed/ });
    await row.getByText("the stone is still broken").waitFor();
    await row.getByText(/^(in \d+ s|now|is tried now)$/).waitFor();
    await section(page, "Running")
      .getByRole("row", { name: /oats sack\.grinding running/ })
      .waitFor();
    expect(await row.getByRole("link", { name: "mill/mill-01" }).getAttribute("href")).toBe("#/manager/mill%2Fmill-01");
    expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual([
      "Dead letters",
      "Failed or left",
      "Running",
      "Casts on their way",
    ]);
    await expectAccessible(page);

    await page.getByRole("searchbox", { name: "Filter work" }).fill("oats");
    await section(page, "Failed or left").getByText("Nothing fits the filter.").waitFor();
    await expect.poll(() => page.url()).toMatch(/#\/work\?find=oats$/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await row.waitFor();
    await expect.poll(() => page.title()).toBe("Work · Reeve inspector");
  });
});
