import { expect, test, vi } from "vitest";
import { mib } from "../volume/block-house.ts";
import { blockFleet } from "../volume/block-process.ts";
import { hold, long, note } from "./figure.ts";

vi.setConfig({ testTimeout: 300_000 });

const address = "block-01@ssd";
const host = "block-01";
const placements = long ? 40 : 7;
const soon = { timeout: 60_000, interval: 10 };
/** Its default, where there is time for it. */
const downAfterMs = long ? 30_000 : 3_000;

/** A control host, and a block host in the last of so many lives on its old disk. */
async function open({ lives }: { readonly lives: number }) {
  const fleet = await blockFleet({ downAfter: downAfterMs, reportTimeout: "500ms" });
  const { start, schedulers, listed } = fleet;
  for (let life = 1; life < lives; life++) await (await start(host, "old")).kill();
  const old = await start(host, "old");
  await expect.poll(async () => (await listed(address))?.epoch, soon).toBe(lives);
  let requests = 0;
  /** Whether a host was found for it. */
  const place = (sizeMiB: number) =>
    schedulers.place({ manager: "volume", request: `v${++requests}`, needs: { sizeGiB: sizeMiB * mib } }).then(
      () => true,
      (error: { readonly reason?: string }) => {
        expect(["NO_HOST", "NO_NEWS"]).toContain(error.reason);
        return false;
      },
    );
  /** How many of so many found a host. */
  async function placed(count: number, sizeMiB: number): Promise<number> {
    const found = await Promise.all(Array.from({ length: count }, () => place(sizeMiB)));
    return found.filter(Boolean).length;
  }
  return { ...fleet, old, placed };
}

test("a host whose full disk was replaced is placed on as soon as it is ready", async () => {
  const fault = "replaced disk, kill -9";
  const { old, start, volume, placed, listed } = await open({ lives: 3 });
  await volume.create({ name: "lost with its disk", sizeGiB: 70 * mib });
  await old.kill();
  await start(host, "new");
  const readyAt = performance.now();
  await expect.poll(async () => (await listed(address))?.epoch, soon).toBe(1);
  note({
    ...{ fault, invariant: "listed with its new epoch after", bound: { atMost: 2_000 } },
    ...{ figure: performance.now() - readyAt, unit: "ms" },
  });
  // More than its old disk had room for.
  const sizeMiB = Math.floor(98 / placements);
  const found = await placed(placements, sizeMiB);
  hold({ fault, invariant: "placements on the new disk", bound: { is: placements }, figure: found });
  const leftMiB = 100 - placements * sizeMiB;
  const tooMany = await placed(placements, leftMiB + 1);
  hold({ fault, invariant: "placements beyond its room", bound: { is: 0 }, figure: tooMany });
});

test("nothing is placed by what a dead process has said of a larger disk, nor of one that nobody replaces", async () => {
  const fault = "smaller disk, kill -9";
  const { old, start, placed, listed } = await open({ lives: 2 });
  await old.kill();
  const next = await start(host, "new", 50);
  await expect.poll(async () => (await listed(address))?.epoch, soon).toBe(1);
  const byTheDead = await placed(placements, 70);
  hold({ fault, invariant: "placements by the dead report", bound: { is: 0 }, figure: byTheDead });
  const found = await placed(1, 40);
  hold({ fault, invariant: "placements on the new disk", bound: { is: 1 }, figure: found });
  await next.kill();
  const killedAt = performance.now();
  await expect.poll(async () => (await listed(address))?.status, soon).toBe("lost");
  note({
    ...{ fault, invariant: "listed as lost after", bound: { atMost: downAfterMs + 2_000 } },
    ...{ figure: performance.now() - killedAt, unit: "ms" },
  });
  const onNobody = await placed(placements, 1);
  hold({ fault, invariant: "placements on nobody", bound: { is: 0 }, figure: onNobody });
});
