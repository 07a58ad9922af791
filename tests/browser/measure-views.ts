import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CDPSession, chromium, type Page } from "playwright-core";
import { ScaleFleet } from "../inspector/scale/fleet.ts";
import { executable } from "./chromium.ts";

// What each view costs a browser beside a fleet at work; run by hand.
const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    hosts: { ...text, default: "20" },
    managers: { ...text, default: "50" },
    calls: { ...text, default: "5000" },
    seconds: { ...text, default: "8" },
    only: text,
    /** A folder for a profile of each view. */
    profiles: text,
  },
});
const processes = 4;
const [hosts, managersEach, calls, seconds] = [values.hosts, values.managers, values.calls, values.seconds].map(
  Number,
) as [number, number, number, number];
const token = "token-of-the-scale-run";

interface View {
  readonly name: string;
  readonly hash: string;
  /** What shows that it is there. */
  readonly there: string;
  /** Has the fleet do what is shown there. */
  readonly begin?: () => Promise<unknown>;
  readonly search?: { readonly label: string; readonly text: string; readonly found: string };
}

const views: readonly View[] = [
  {
    name: "overview",
    hash: "#/",
    there: ".tree-list .manager-row",
    search: { label: "Find a manager", text: "block-13@w37", found: ".tree-list .manager-row:only-of-type" },
  },
  { name: "manager", hash: "#/manager/worker%2Fblock-7%40w3", there: ".chart [data-state]" },
  {
    name: "messages",
    hash: "#/messages",
    there: ".message",
    search: { label: "Filter messages", text: "block-13@", found: ".message" },
  },
  {
    name: "calls",
    hash: "#/calls",
    there: ".table tbody tr",
    search: { label: "Filter calls", text: "hold", found: ".table tbody tr" },
  },
  {
    name: "latency",
    hash: "#/latency",
    there: ".multiple",
    search: { label: "Filter operations", text: "worker.work", found: ".multiple" },
  },
  { name: "work", hash: "#/work", there: ".card .empty" },
  { name: "hosts", hash: "#/hosts", there: ".table tbody tr" },
  { name: "operations", hash: "#/operations", there: ".card" },
  {
    name: "panel",
    hash: "#/panel/pieces",
    there: ".table tbody tr",
    search: { label: "Filter Pieces", text: "block-13@w37", found: ".table tbody tr" },
  },
  // The last: from here on hosts log.
  {
    name: "logs",
    hash: "#/logs",
    there: ".log-line",
    begin: () => fleet.ask({ log: true }),
    search: { label: "Filter logs", text: "block-13@", found: ".log-line" },
  },
];

await using fleet = await ScaleFleet.start({ processes, hostsEach: hosts / processes, managersEach, token });
await fleet.ask({ hold: Math.min(managersEach, 10) });
await fleet.makeCalls(calls);
const url = await fleet.inspectorUrl();
const browser = await chromium.launch({ executablePath: executable!, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("pageerror", (error) => console.error(error));
  await page.goto(url);
  await page.locator(".tree-list .manager-row").first().waitFor({ timeout: 60_000 });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  // Rings fill, and the engine has seen the code.
  await page.waitForTimeout(10_000);
  const rows: Record<string, string | number>[] = [];
  for (const view of views) {
    if (values.only === undefined || values.only === view.name) rows.push(await measured(page, devtools, view));
  }
  console.table(rows);
} finally {
  await browser.close();
}

async function measured(page: Page, devtools: CDPSession, view: View): Promise<Record<string, string | number>> {
  await view.begin?.();
  await page.evaluate((hash) => {
    location.hash = hash;
  }, view.hash);
  await page.locator(view.there).first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(2_000);
  await fleet.ask();
  if (values.profiles !== undefined) {
    await devtools.send("Profiler.enable");
    await devtools.send("Profiler.start");
  }
  const cpu = await metric(devtools, "TaskDuration");
  const watched = await page.evaluate(watch, seconds * 1_000);
  const busy = (await metric(devtools, "TaskDuration")) - cpu;
  if (values.profiles !== undefined) {
    const { profile } = await devtools.send("Profiler.stop");
    await writeFile(join(values.profiles, `${view.name}.cpuprofile`), JSON.stringify(profile));
  }
  const answers = await fleet.ask();
  const elements = await page.evaluate(() => document.querySelectorAll("*").length);
  await devtools.send("HeapProfiler.collectGarbage");
  const { nodes } = await devtools.send("Memory.getDOMCounters");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const searched = view.search ? await page.evaluate(search, view.search) : undefined;
  return {
    view: view.name,
    "frames/s": Math.round(watched.frames / seconds),
    "updates/s": Math.round((watched.updates / seconds) * 10) / 10,
    "longest task ms": Math.round(watched.longestMs),
    "main thread %": Math.round((busy / seconds) * 100),
    elements,
    nodes,
    "heap MB": Math.round(usedSize / 1_048_576),
    "search ms": searched === undefined ? "" : Math.round(searched),
    "calls/s": Math.round(answers.reduce((sum, { settled }) => sum + settled, 0) / seconds),
    failed: answers.reduce((sum, { failed }) => sum + failed, 0),
    "server cores": answers.reduce((sum, { cores }) => sum + cores, 0).toFixed(2),
    "server RSS MB": answers.map(({ rssBytes }) => Math.round(rssBytes / 1_048_576)).join(" "),
  };
}

async function metric(devtools: CDPSession, name: string): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find((one) => one.name === name)!.value;
}

/** Runs in the page: frames, what of the view changed, and the longest task within so many milliseconds. */
function watch(ms: number): Promise<{ frames: number; updates: number; longestMs: number }> {
  return new Promise((resolve) => {
    const until = performance.now() + ms;
    let [frames, updates, longestMs] = [0, 0, 0];
    let changed = false;
    const changes = new MutationObserver(() => {
      changed = true;
    });
    changes.observe(document.querySelector("main")!, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    const tasks = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longestMs = Math.max(longestMs, duration);
    });
    tasks.observe({ type: "longtask" });
    const count = (now: number): void => {
      frames += 1;
      if (changed) updates += 1;
      changed = false;
      if (now < until) return void requestAnimationFrame(count);
      changes.disconnect();
      tasks.disconnect();
      resolve({ frames, updates, longestMs });
    };
    requestAnimationFrame(count);
  });
}

/** Runs in the page: from what a person types to the first frame after the view shows only that. */
function search({ label, text }: { label: string; text: string }): Promise<number> {
  return new Promise((resolve) => {
    const field = document.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`)!;
    const begun = performance.now();
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const rows = (): Element[] => [
      ...document.querySelectorAll(
        "main .manager-row, main .message, main .multiple, main .log-line, main .table tbody tr[data-row]",
      ),
    ];
    const look = (): void => {
      const shown = rows();
      if (shown.length > 0 && shown.every((row) => row.textContent!.includes(text.split("@")[0]!))) {
        requestAnimationFrame(() => resolve(performance.now() - begun));
      } else if (performance.now() - begun > 10_000) resolve(-1);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
