import { volumes } from "@reeve/managers/volume";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

test("pages hold every volume once, oldest first, while others come and go", async () => {
  await using house = await BlockHouse.open();
  const made: string[] = [];
  for (let i = 0; i < 7; i++) made.push((await house.make(`v${i}`)).id);

  const first = await house.volume.list({ limit: 3 });
  expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 3));
  await house.volume.delete({ id: made[1]! });
  await house.volume.delete({ id: made[4]! });
  const late = await house.make("late");

  const seen = [...first.items];
  for (let next = first.next; next !== undefined; ) {
    const page = await house.volume.list({ limit: 3, cursor: next });
    seen.push(...page.items);
    next = page.next;
  }
  expect(seen.map(({ id }) => id)).toEqual([...made.filter((_, i) => i !== 4), late.id]);
});

test("a page that ends with the last volume has no next one", async () => {
  await using house = await BlockHouse.open();
  for (let i = 0; i < 2; i++) await house.make(`v${i}`);
  expect(await house.volume.list({ limit: 2 })).not.toHaveProperty("next");
  expect(await house.volume.list({ limit: 1 })).toHaveProperty("next");
  expect(await house.volume.list({ limit: 1, cursor: "ZZZZ" })).toEqual({ items: [] });
});

test("filters by status, host and tenant hold together", async () => {
  await using house = await BlockHouse.open({ backends: ["ssd", "hdd"] });
  const of = (tenant: string) => house.supervisor.as({ user: "u", tenant, roles: [] }).ref(volumes);
  const a = await of("a").create({ name: "a", sizeGiB: mib });
  const b = await of("b").create({ name: "b", sizeGiB: mib });
  const ids = async (filter: Parameters<typeof house.volume.list>[0]["filter"]) =>
    (await house.volume.list({ ...(filter && { filter }) })).items.map(({ id }) => id);
  expect(await ids(undefined)).toEqual([a.id, b.id]);
  expect(await ids({ tenant: "a" })).toEqual([a.id]);
  expect(await ids({ status: "error" })).toEqual([]);
  expect(await ids({ host: b.host!, tenant: "b", status: "available" })).toEqual([b.id]);
  expect(await ids({ host: "nowhere" })).toEqual([]);
});

test("a tenant reaches its own volumes only, whatever it asks for", async () => {
  await using house = await BlockHouse.open();
  const of = (tenant: string) => house.supervisor.as({ user: "u", tenant, roles: [] }).ref(volumes);
  const { id } = await of("a").create({ name: "a", sizeGiB: mib });
  const { id: snapshotId } = await of("a").snapshot({ id, name: "noon" });
  const stranger = of("b");
  expect((await stranger.list({})).items).toEqual([]);
  expect((await stranger.list({ filter: { tenant: "a" } })).items).toEqual([]);
  expect((await stranger.listSnapshots({ filter: { volumeId: id } })).items).toEqual([]);
  for (const attempt of [
    stranger.get({ id }),
    stranger.extend({ id, sizeGiB: 2 * mib }),
    stranger.snapshot({ id, name: "x" }),
    stranger.clone({ id, snapshotId, name: "x" }),
    stranger.copy({ id, name: "x" }).result,
    stranger.export({ id, file: "x" }).result,
    stranger.connect({ id }),
    stranger.disconnect({ id }),
    stranger.deleteSnapshot({ id, snapshotId }),
    stranger.delete({ id }),
  ]) {
    await expect(attempt).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
  expect(await of("a").get({ id })).toMatchObject({ status: "available", connected: false });
});

test("snapshots are listed by volume and status", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  const other = await house.make("other");
  const one = await house.volume.snapshot({ id, name: "one" });
  const two = await house.volume.snapshot({ id, name: "two" });
  await house.volume.snapshot({ id: other.id, name: "three" });
  const page = await house.volume.listSnapshots({ filter: { volumeId: id, status: "available" }, limit: 1 });
  expect(page).toEqual({ items: [one], next: one.id });
  expect(await house.volume.listSnapshots({ filter: { volumeId: id }, cursor: page.next! })).toEqual({ items: [two] });
});

test("a foreign cursor is refused, naming the field", async () => {
  await using house = await BlockHouse.open();
  await expect(house.volume.list({ cursor: "../etc" })).rejects.toMatchObject({
    reason: "INVALID_INPUT",
    data: { issues: [{ path: "cursor" }] },
  });
});
