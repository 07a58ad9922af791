import type { PageQuery } from "@reeve/contract";
import type {
  Job,
  OperationContext,
  OperationHandlers,
  RecoveryContext,
  Row,
  Store,
  Transaction,
} from "@reeve/runtime";
import { expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type { Networks } from "../network/contract.ts";
import type { NetworkStore } from "../network/store.ts";
import {
  changeIf,
  countRows,
  deleteIf,
  failureInfo,
  pageOf,
  reachableRow,
  recoverCreation,
  recoverDeletion,
  requireQuota,
  sumRows,
} from "./index.ts";

declare const store: Store<NetworkStore>;
declare const tx: Transaction<NetworkStore>;
declare const ctx: OperationContext;
declare const job: Job;
declare const recovery: RecoveryContext;

test("rows, statuses and changes follow from the store's tables", () => {
  expectTypeOf(changeIf(tx, "ports", "p", "attaching", { status: "active" })).resolves.toEqualTypeOf<
    Row<NetworkStore, "ports">
  >();
  expectTypeOf(reachableRow(store, "networks", "n", ctx)).resolves.toEqualTypeOf<Row<NetworkStore, "networks">>();
  expectTypeOf(reachableRow(tx, "ports", "p", ctx)).resolves.toEqualTypeOf<Row<NetworkStore, "ports">>();
  // @ts-expect-error no such status
  changeIf(tx, "ports", "p", "creating", { status: "active" });
  // @ts-expect-error no such status
  changeIf(tx, "ports", "p", "attaching", { status: "available" });
  // @ts-expect-error no such column
  changeIf(tx, "ports", "p", "attaching", { state: "active" });
  // @ts-expect-error no such status
  deleteIf(tx, "ports", "p", "creating");
});

test("tables without the columns that are needed are refused", () => {
  // @ts-expect-error networks have no status
  changeIf(tx, "networks", "n", "active", {});
  // @ts-expect-error devices have no tenant
  reachableRow(tx, "devices", "d", ctx);
  // @ts-expect-error addresses have no tenant
  countRows(tx, "addresses", "t");
  // @ts-expect-error no such table
  countRows(tx, "ghosts", "t");
  // @ts-expect-error a name is no number
  sumRows(tx, "ports", "name", "t");
  sumRows(tx, "ports", "generation", "t");
});

test("tables whose status does not know creation and deletion are refused", () => {
  const left = { exists: async () => true, remove: async () => {} };
  // @ts-expect-error ports are never creating
  recoverCreation(store, "ports", job, recovery, left);
  // @ts-expect-error ports are never deleting
  recoverDeletion(store, "ports", job, left.remove);
});

test("a quota's refusal is the declared error of the operation", () => {
  const create: OperationHandlers<Networks>["createPort"] = async (_input, ctx) => {
    await requireQuota(tx, "t", {
      added: 1,
      limit: 1,
      used: () => countRows(tx, "ports", "t"),
      refuse: (counted) => ctx.fail("QUOTA_EXCEEDED", { resource: "ports", ...counted }),
    });
    // @ts-expect-error the operation declares no such error
    const refuse = (counted: { limit: number; used: number }) => ctx.fail("TOO_MANY", counted);
    throw refuse;
  };
  expectTypeOf(create).toBeFunction();
});

test("a page's rows are the table's, and its filter names columns", () => {
  const query: PageQuery<{ kind?: "flat" | "vlan" | undefined }> = { filter: {}, limit: 1, cursor: undefined };
  const page = pageOf(store, "networks", query, ctx);
  expectTypeOf<Awaited<typeof page>["items"][number]>().toEqualTypeOf<Row<NetworkStore, "networks">>();
  const list: OperationHandlers<Networks>["listNetworks"] = (request, ctx) => pageOf(store, "networks", request, ctx);
  expectTypeOf(list).toBeFunction();
  const subnets: OperationHandlers<Networks>["listSubnets"] = async (request, ctx) => {
    const { items, ...rest } = await pageOf(store, "subnets", request, ctx);
    return { ...rest, items: items.map((row) => ({ ...row, pools: [...row.pools], reserved: [...row.reserved] })) };
  };
  expectTypeOf(subnets).toBeFunction();
  // @ts-expect-error no such kind
  pageOf(store, "networks", { ...query, filter: { kind: "vxlan" } }, ctx);
  // @ts-expect-error ports have no host
  pageOf(store, "ports", { ...query, filter: { host: "h" } }, ctx);
  const among = store.selectFrom("attachments").select("portId").where("host", "=", "h");
  pageOf(store, "ports", { ...query, filter: { status: "down" } }, ctx, { among });
});

test("failure info has the reasons of every resource and its own", () => {
  const Fault = failureInfo("LOST");
  expectTypeOf<z.infer<typeof Fault>>().toEqualTypeOf<{
    reason: "FAILED" | "INTERRUPTED" | "LOST";
    message: string;
  }>();
  const Plain = failureInfo();
  expectTypeOf<z.infer<typeof Plain>["reason"]>().toEqualTypeOf<"FAILED" | "INTERRUPTED">();
});
