import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { executable, launch } from "./chromium.ts";
import { lit, openInspector, showManager } from "./opened-page.ts";

const main = fileURLToPath(new URL("../../examples/block-storage/main.ts", import.meta.url));

/** The demo as a person runs it: what it prints, as it comes. */
async function demo() {
  const place = await mkdtemp(join(tmpdir(), "reeve-browser-demo-"));
  const child = spawn(process.execPath, ["--conditions=reeve-source", main, "--stay"], {
    env: { ...process.env, TMPDIR: place },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  let look = (): void => {};
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk;
    look();
  });
  onTestFinished(async () => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await rm(place, { recursive: true, force: true });
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      look = () => {
        const found = pattern.exec(printed);
        if (found) resolve(found);
      };
      child.once("exit", () => reject(new Error(`the demo ended before it said ${pattern}:\n${printed}`)));
      look();
    });
  return { says };
}

describe.skipIf(!executable)("the demo", () => {
  test("is watched from its start: a driver lost, a crash, a reset, and everything serving in the end", async () => {
    const { says } = await demo();
    const browser = await launch();
    onTestFinished(() => browser.close());
    const [, port, token] = await says(/http:\/\/127\.0\.0\.1:(\d+)\/#token=([\w-]+)/);
    const page = await openInspector(browser, Number(port), { token: token! });
    const tree = page.getByRole("list", { name: "Hosts and managers" });
    await tree.getByRole("link", { name: /^scheduler demo serving\.ready/ }).waitFor();
    await says(/runs on, in/);
    const changes = page.getByRole("region", { name: "Latest changes" });
    for (const told of [/DRIVER_LOST/, /was killed/, "resetting"]) await changes.getByText(told).first().waitFor();
    // There is something to see.
    await page.getByRole("link", { name: "Messages" }).click();
    await page
      .getByRole("button", { name: /: delete/ })
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Placements" }).click();
    await page
      .getByRole("row", { name: /volume\/demo@.*that fitted/ })
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    await showManager(page, "scheduler demo");
    await lit(page, "serving.ready");
    expect(await page.getByRole("button", { name: "Reset", exact: true }).count()).toBe(1);
  }, 120_000);
});
