import type { Browser, Page } from "playwright-core";
import { afterAll, onTestFinished, vi } from "vitest";
import { launch } from "./chromium.ts";
import { operatorToken } from "./manor.ts";

// A browser beside servers: what takes a second takes ten on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

export interface PageOptions {
  readonly token?: string;
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  /** What moves, moves. Default: nothing does. */
  readonly motion?: boolean;
}

/** One for all tests of a file, from the first page on. */
let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

/** Opens the inspector for one test. Errors of the page fail it. */
export async function openInspector(port: number, options: PageOptions = {}): Promise<Page> {
  const { page, close } = await openPage(port, options);
  onTestFinished(close);
  return page;
}

/** Opens the inspector as a person does, with the address that the supervisor prints. `close` throws what the page threw. */
export async function openPage(
  port: number,
  options: PageOptions = {},
): Promise<{ readonly page: Page; close(): Promise<void> }> {
  const { token = operatorToken, width = 1440, height = 900, theme = "light", motion = false } = options;
  browser ??= launch();
  const context = await (await browser).newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: motion ? "no-preference" : "reduce",
  });
  // Shorter than a test may take, so that it is told what was waited for.
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  const close = async () => {
    await context.close();
    if (errors.length > 0) throw new AggregateError(errors, "the page threw");
  };
  await page.goto(`http://127.0.0.1:${port}/#token=${token}`);
  return { page, close };
}

/** Waits until the chart of the manager that is shown lights that state. */
export async function lit(page: Page, state: string): Promise<void> {
  await page.locator(`[data-state="${state}"][data-active="true"]`).waitFor();
}

export async function showManager(page: Page, name: string): Promise<void> {
  await page
    .getByRole("link", { name: new RegExp(`^${name.replace("/", ".*")}`) })
    .first()
    .click();
  await page.getByRole("heading", { name: "Statechart" }).waitFor();
}
