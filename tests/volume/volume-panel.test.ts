import { hosts } from "@reeve/runtime/host";
import { expect, onTestFinished, test, vi } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

async function opened() {
  const house = await BlockHouse.open();
  onTestFinished(() => house[Symbol.asyncDispose]());
  const panel = async () => {
    const { panels } = await house.supervisor.ref(hosts).at("host").describe({ manager: "volume/host@ssd" });
    return panels.find(({ id }) => id === "volumes")!;
  };
  const shown = async () => (await panel()).rows.map(({ cells }) => `${cells.name} ${cells.status}`);
  const insert = (id: string, status: string, host: string | null, fault: string | null = null) =>
    house.byHand(
      "insert into volume_volumes (id, name, tenant, sizeGiB, reservedGiB, status, host, connected, fault) values (?, ?, 'acme', 1, 1, ?, ?, 0, ?)",
      ...[id, id, status, host, fault],
    );
  return { house, panel, shown, insert };
}

test("volumes are told with status, age and size, what is stuck first, then errors, then what is in work, then the newest", async () => {
  const { house, panel, shown, insert } = await opened();
  for (const name of ["old", "new"]) await house.volume.create({ name, sizeGiB: mib });
  const held = house.backend().steered.hold("create", "before");
  const making = house.volume.create({ name: "making", sizeGiB: mib });
  await held.reached;
  await insert("broken", "error", "host@ssd", JSON.stringify({ reason: "FAILED", message: "no disk" }));
  await insert("gone", "deleting", "host@ssd");
  await insert("elsewhere", "available", "other@ssd");

  expect(await shown()).toEqual([
    "gone stuck.deleting",
    "broken error",
    "making creating",
    "new available",
    "old available",
  ]);
  const { rows, totals } = await panel();
  expect(rows.map(({ cells }) => cells.why)).toEqual([
    "no work is done to it",
    "FAILED: no disk",
    "volume.creating",
    null,
    null,
  ]);
  const [gone, , busy, newest] = rows.map(({ cells }) => cells);
  expect([gone!.since, newest!.since]).toEqual([null, null]);
  for (const at of [busy!.since, newest!.created]) expect(Math.abs(Date.now() - Number(at))).toBeLessThan(60_000);
  expect(newest).toMatchObject({ size: mib, manager: "volume/host@ssd", tenant: expect.any(String) });
  expect(totals).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ state: "available", count: 2, since: newestAt(rows) }),
      expect.objectContaining({ state: "creating", count: 1, since: busy!.since }),
      expect.objectContaining({ state: "deleting", count: 1 }),
      expect.objectContaining({ state: "error", count: 1 }),
    ]),
  );
  held.release();
  await making;
  await vi.waitFor(async () => expect((await shown())[2]).toBe("making available"));
});

/** The first that was created is the oldest. */
function newestAt(rows: readonly { readonly cells: Readonly<Record<string, unknown>> }[]): unknown {
  return rows.at(-1)!.cells.created;
}

test("no more than 200 are told, and how many there are; one that nobody holds is among them", async () => {
  const { panel, insert } = await opened();
  for (let index = 0; index < 230; index++) await insert(`v${String(index).padStart(3, "0")}`, "available", "host@ssd");
  await insert("nobodys", "error", null);
  const { rows, totals } = await panel();
  expect(rows).toHaveLength(200);
  expect(rows.slice(0, 3).map(({ id }) => id)).toEqual(["nobodys", "v229", "v228"]);
  expect(totals).toEqual([
    { id: "host@ssd available v000", state: "available", count: 230 },
    { id: "null error nobodys", state: "error", count: 1 },
  ]);
});
