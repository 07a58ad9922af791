import { inspector } from "@reeve/inspector";
import { HostFeed, InspectionBus } from "@reeve/runtime/internal/inspection";
import { systemClock } from "@reeve/runtime/transport";
import { describe, expect, onTestFinished, test } from "vitest";
import { executable } from "./chromium.ts";
import { operatorToken } from "./manor.ts";
import { openInspector } from "./opened-page.ts";

const managers = 1_000;
const messagesPerSecond = 10_000;
const megabyte = 1_048_576;

describe.skipIf(!executable)("under load", () => {
  test("a thousand managers and ten thousand messages a second leave the page quick and its memory bounded", async () => {
    const { port, flood } = await busyHost();
    const page = await openInspector(port);
    // How long the ring of messages takes to fill is the machine's affair; what it holds then is ours.
    page.setDefaultTimeout(90_000);
    await page.getByText("1,000 managers").waitFor();
    const rows = await page.locator(".tree-list li").count();
    expect(rows).toBeLessThan(60);
    await page.getByRole("link", { name: "Messages" }).click();
    const stop = flood();
    await page.locator(".message").first().waitFor();
    const devtools = await page.context().newCDPSession(page);
    const heap = async (): Promise<number> => {
      await devtools.send("HeapProfiler.collectGarbage");
      return (await devtools.send("Runtime.getHeapUsage")).usedSize;
    };
    // The ring of messages is full after this.
    await page.waitForFunction(() => Number(document.querySelectorAll(".virtual > ul")[0]?.clientHeight) > 4_900 * 34);
    const before = await heap();
    const frames = await page.evaluate(framesWithin, 5_000);
    const grown = (await heap()) - before;
    stop();
    console.log(
      `${frames} frames in 5 s, heap ${Math.round(before / megabyte)} MB, grown by ${(grown / megabyte).toFixed(1)} MB`,
    );
    expect(grown).toBeLessThan(8 * megabyte);
    expect(before).toBeLessThan(64 * megabyte);
    expect(await page.locator(".message").count()).toBeLessThan(80);
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("searchbox", { name: "Find a manager" }).fill("w777");
    await page.getByRole("link", { name: /worker block-09@w777/ }).waitFor();
  }, 150_000);
});

/** A host whose managers are only shown, so that what is measured is the showing. */
async function busyHost() {
  const bus = new InspectionBus();
  const names = Array.from({ length: managers }, (_, index) => `worker/block-09@w${index}`);
  const counts = new Map<string, number>();
  for (const name of names) {
    const id = `${name}#1`;
    const load = () => ({ id, inFlight: 0, queued: 0, calls: counts.get(id) ?? 0, errors: 0 });
    bus.add({
      load,
      describe: () => ({
        type: "actor",
        id,
        name,
        host: "block-09",
        parentId: undefined,
        definition: { id: "manager", states: { serving: {} } },
        snapshot: { status: "active", value: "serving", context: { ...load(), causes: [], epoch: 1, startedAt: 0 } },
        at: 0,
      }),
    });
  }
  const feed = new HostFeed({
    host: { host: "block-09", startedAt: Date.now(), bus },
    clock: systemClock,
    instance: "busy",
  });
  const page = await inspector({ port: 0, token: operatorToken }).attach({ feed, clock: systemClock });
  onTestFinished(() => page.close());
  const flood = (): (() => void) => {
    let next = 0;
    const timer = setInterval(() => {
      for (let count = 0; count < messagesPerSecond / 50; count++) {
        next += 1;
        const [id, sourceId] = [`${names[(next * 7) % managers]}#1`, `${names[(next * 13) % managers]}#1`];
        counts.set(id, (counts.get(id) ?? 0) + 1);
        const event = { type: "call", operation: `op-${next % 20}`, requestId: String(next), payload: { next } };
        bus.emit({ type: "event", id, sourceId, event, at: Date.now() });
      }
    }, 20);
    onTestFinished(() => clearInterval(timer));
    return () => clearInterval(timer);
  };
  return { port: Number(new URL(page.url).port), flood };
}

/** Runs in the page: how many frames it paints in so many milliseconds. */
function framesWithin(ms: number): Promise<number> {
  return new Promise((resolve) => {
    const until = performance.now() + ms;
    let frames = 0;
    const count = (now: number): void => {
      frames += 1;
      if (now < until) requestAnimationFrame(count);
      else resolve(frames);
    };
    requestAnimationFrame(count);
  });
}
