import type { Principal } from "@reeve/runtime";
import { expect, test } from "vitest";
import { allTenants } from "../roles.ts";
import { openSlotStore } from "./slot-store.fixture.ts";
import { onlyTenantOf, reachableRow, reaches, tenantOf } from "./tenancy.ts";

const of = (tenant: string | undefined, ...roles: string[]): { readonly principal: Principal } => ({
  principal: { user: "u", tenant, roles },
});

test.each([
  [undefined, "default"],
  ["acme", "acme"],
  ["default", "=default"],
  ["=default", "==default"],
  ["=", "=="],
])("tenant %j is kept as %j, so that no two are taken for one another", (tenant, kept) => {
  expect(tenantOf(of(tenant))).toBe(kept);
});

test("a principal reaches its own tenant's rows; the role says all of them", () => {
  expect(onlyTenantOf(of("acme"))).toBe("acme");
  expect(onlyTenantOf(of("acme", allTenants))).toBeUndefined();
  expect(reaches(of("acme"), { tenant: "acme" })).toBe(true);
  expect(reaches(of("acme"), { tenant: "default" })).toBe(false);
  expect(reaches(of("default"), { tenant: "default" })).toBe(false);
  expect(reaches(of(undefined, allTenants), { tenant: "acme" })).toBe(true);
});

test("another tenant's row is refused as one that is not there, within a transaction too", async () => {
  await using opened = await openSlotStore();
  const { store } = opened;
  const row = await store.transaction((tx) => tx.insert("slots", { id: "s", tenant: "acme", status: "available" }));
  expect(await reachableRow(store, "slots", "s", of("acme"))).toEqual(row);
  await store.transaction(async (tx) => {
    const fresh = await tx.insert("slots", { id: "t", tenant: "acme", status: "creating" });
    expect(await reachableRow(tx, "slots", "t", of("acme"))).toEqual(fresh);
    await tx.delete("slots", "t");
  });
  for (const id of ["s", "t"])
    await expect(reachableRow(store, "slots", id, of("other"))).rejects.toMatchObject({
      reason: "ROW_NOT_FOUND",
      message: `there is no slot ${id}`,
      data: { table: "slots", key: id },
    });
});
