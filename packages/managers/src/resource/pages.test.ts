// Races: rows come and go between the pages.
import { expect, test } from "vitest";
import { allTenants } from "../roles.ts";
import { pageOf } from "./pages.ts";
import { openSlotStore } from "./slot-store.fixture.ts";

const acme = { principal: { user: "u", tenant: "acme", roles: [] } };
const everybody = { principal: { user: "u", roles: [allTenants] } };
const all = { filter: undefined, limit: 100, cursor: undefined };

async function opened() {
  const { store, ...rest } = await openSlotStore();
  const put = (id: string, tenant = "acme", status: "available" | "error" = "available") =>
    store.transaction((tx) => tx.insert("slots", { id, tenant, status, host: id < "c" ? "a" : "b" }));
  return { store, put, ...rest };
}

const idsOf = ({ items }: { readonly items: readonly { readonly id: string }[] }) => items.map(({ id }) => id);

test("pages hold each row once and in order, while rows come and go between them", async () => {
  await using scene = await opened();
  const { store, put } = scene;
  for (const id of ["b", "d", "f", "h"]) await put(id);
  const first = await pageOf(store, "slots", { ...all, limit: 2 }, acme);
  expect(first).toMatchObject({ items: [{ id: "b" }, { id: "d" }], next: "d" });
  await store.transaction((tx) => tx.delete("slots", "d"));
  await put("a");
  await put("e");
  const second = await pageOf(store, "slots", { ...all, limit: 3, cursor: first.next }, acme);
  expect(idsOf(second)).toEqual(["e", "f", "h"]);
  expect(second).not.toHaveProperty("next");
});

test("a page that ends with the last row has no next one, nor has an empty one", async () => {
  await using scene = await opened();
  await scene.put("b");
  expect(await pageOf(scene.store, "slots", { ...all, limit: 1 }, acme)).not.toHaveProperty("next");
  expect(await pageOf(scene.store, "slots", { ...all, cursor: "b" }, acme)).toEqual({ items: [] });
});

test("other tenants' rows are not listed, whatever the filter says; to the role they are", async () => {
  await using scene = await opened();
  await scene.put("b");
  await scene.put("c", "other");
  const { store } = scene;
  expect(idsOf(await pageOf(store, "slots", all, acme))).toEqual(["b"]);
  expect(idsOf(await pageOf(store, "slots", { ...all, filter: { tenant: "other" } }, acme))).toEqual([]);
  expect(idsOf(await pageOf(store, "slots", all, everybody))).toEqual(["b", "c"]);
  expect(idsOf(await pageOf(store, "slots", { ...all, filter: { tenant: "other" } }, everybody))).toEqual(["c"]);
});

test("filters hold together, those that are undefined do not, and another table may say which rows", async () => {
  await using scene = await opened();
  const { store, put } = scene;
  await put("a");
  await put("b", "acme", "error");
  await put("c", "acme", "error");
  const filtered = (filter: { readonly status?: "error"; readonly host?: string | undefined }) =>
    pageOf(store, "slots", { ...all, filter }, acme).then(idsOf);
  expect(await filtered({ status: "error", host: "a" })).toEqual(["b"]);
  expect(await filtered({ status: "error", host: undefined })).toEqual(["b", "c"]);
  await store.transaction((tx) => tx.insert("labels", { id: "l", slotId: "c", status: "available" }));
  const among = store.selectFrom("labels").select("slotId");
  expect(idsOf(await pageOf(store, "slots", all, acme, { among }))).toEqual(["c"]);
  expect(idsOf(await pageOf(store, "slots", all, acme, { among: among.where("id", "=", "m") }))).toEqual([]);
});

test.each(["../etc", "", "x".repeat(65)])("cursor %j is refused, naming the field", async (cursor) => {
  await using scene = await opened();
  await expect(pageOf(scene.store, "slots", { ...all, cursor }, acme)).rejects.toMatchObject({
    reason: "INVALID_INPUT",
    data: { issues: [{ path: "cursor" }] },
  });
});
