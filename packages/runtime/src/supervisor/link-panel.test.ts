import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import type { PanelTable } from "../inspection/index.ts";
import type { LinkView } from "./link-condition.ts";
import { linkPanel } from "./link-panel.ts";

const up: LinkView = { up: true, since: 40, reconnects: 2, cause: undefined };

async function read(
  flush: (clock: ManualClock) => Promise<void>,
  more: { readonly alone?: boolean; readonly link?: LinkView; readonly worstMs?: number } = {},
): Promise<PanelTable["rows"][number]> {
  const clock = new ManualClock();
  const { alone = false, link = up, worstMs = 9 } = more;
  const panel = linkPanel({
    ...{ host: "a", clock, alone, transport: { flush: () => flush(clock) } },
    conditions: { link, lateness: { lastMs: 1.4, worstMs } },
    counts: () => [
      { name: "members.ignored", labels: { kind: "stale" }, value: 3 },
      { name: "inspection.ignored", labels: { kind: "malformed" }, value: 4 },
      { name: "members.conflicts", labels: {}, value: 9 },
    ],
  });
  const row = async () => (await panel.read()).rows[0]!;
  // Nothing waits for the round trip: the first look has none.
  expect((await row()).cells).toMatchObject({ host: "a", roundTrip: null });
  await clock.advance(2_000);
  return row();
}

test("a host's link is told with since when, how often it came back, its round trip, and how late the loop is", async () => {
  const row = await read((clock) => new Promise((resolve) => void clock.setTimeout(resolve, 12)));
  expect(row).toEqual({
    id: "a",
    cells: {
      ...{ host: "a", link: "connected", since: 40, why: null, reconnects: 2, roundTrip: 12 },
      ...{ loop: 1, worst: 9, ignored: 7 },
    },
  });
});

test("a broker that does not answer is asked once, holds up no table, and such a host comes first; so does one that is slow", async () => {
  let asked = 0;
  const hang = () => {
    asked++;
    return new Promise<void>(() => {});
  };
  expect(await read(hang)).toMatchObject({ rank: -1, cells: { link: "connected", roundTrip: null } });
  expect(asked).toBe(1);
  expect(await read(async () => {}, { worstMs: 600 })).toMatchObject({ rank: -1, cells: { worst: 600 } });
});

test("a link that is lost says why", async () => {
  const cause = { reason: "LINK_LOST", message: "the link to the broker is down" } as const;
  const row = await read(() => Promise.reject(new Error("no link")), { link: { ...up, up: false, cause } });
  expect(row).toMatchObject({ rank: -1, cells: { link: "lost", why: "the link to the broker is down" } });
});

test("a host that is alone has nobody to reach", async () => {
  const row = await read(() => new Promise(() => {}), { alone: true });
  expect(row.rank).toBeUndefined();
  expect(row.cells).toMatchObject({ link: "alone", roundTrip: null });
});
