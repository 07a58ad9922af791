import { hosts } from "@reeve/runtime/host";
import { expect, test } from "vitest";
import { ledger, ledgerManager } from "../casts/ledger.ts";
import { millHouse, millManager } from "./mill.ts";

const kinds = ["mill.grinding", "mill.moving"];

/** Two hosts without a cluster on one database; "b" has begun two sacks, of which one needs its own mill. */
async function apart() {
  const house = millHouse();
  const { host, pass, witness } = house;
  const definition = millManager(witness, { kinds, rowsOnly: ["mill.moving"] });
  const a = await host("a", { cluster: null, definition });
  const b = await host("b", { cluster: null, definition, maxRestarts: 0 });
  for (const kind of kinds)
    void b.ref
      .at("b")
      .grind({ id: kind, kind }, { idempotencyKey: kind })
      .catch(() => undefined);
  await pass(15_000);
  const operator = a.supervisor
    .as({ user: "ada", roles: ["operator"] })
    .ref(hosts)
    .at("a");
  const cleanup = (address = "b", manager = "mill") =>
    operator.cleanup({ manager, address, reason: "its board has burnt" });
  /** Time passes while it is asked. */
  const cleaned = async (...dead: Parameters<typeof cleanup>) => {
    const asked = cleanup(...dead).catch((error: unknown) => error);
    for (let turn = 0; turn < 30; turn++) await pass(100);
    return asked;
  };
  return { ...house, a, b, cleaned, operator };
}

test("a dead host is cleaned up after: what needs rows only is finished, what needs its backend is told row by row", async () => {
  const { a, b, until, witness, cleaned, operator } = await apart();
  expect(await cleaned()).toMatchObject({ reason: "STILL_THERE", data: { why: "it is heard of: serving" } });
  b.link.cut();
  // Nobody takes it over by itself.
  await until(async () => (await cleaned()) !== undefined && witness.cleaned.length > 0, 60_000);
  expect(witness.cleaned).toEqual(["mill.moving by a"]);
  const again = await cleaned();
  expect(again).toEqual({
    epoch: 2,
    rows: [
      {
        ...{ id: expect.any(String), kind: "mill.grinding", resource: "mill.grinding", outcome: "left" },
        why: "its recovery needs the backend of b; start that host, or delete the resource by hand",
      },
    ],
    casts: 0,
  });
  // What it may still write is refused, and its keys are answered.
  await until(() => b.supervisor.managers()[0]!.status.state === "stopped", 20_000).catch(() => 0);
  expect(await a.ref.grind({ id: "mill.moving", kind: "mill.moving" }, { idempotencyKey: "mill.moving" })).toBe(
    "recovered by a",
  );
  const left = a.ref.grind({ id: "mill.grinding", kind: "mill.grinding" }, { idempotencyKey: "mill.grinding" });
  await expect(left).rejects.toMatchObject({ reason: "DUPLICATE_KEY", data: { resource: "mill.grinding" } });
  const { items } = await operator.audit({ filter: { manager: "mill/b" } });
  expect(items[0]).toMatchObject({ operation: "cleanup", user: "ada", detail: "its board has burnt" });
});

test("what a dead host cast itself is delivered by the host that cleans up after it, and by no other", async () => {
  const { host, until, a, b, cleaned } = await apart();
  await b.supervisor.ref(ledger).note({ text: "left" });
  expect(await cleaned("b", "host")).toMatchObject({ reason: "STILL_THERE" });
  expect(await cleaned("a", "host")).toMatchObject({ data: { why: "it is the host that was asked" } });
  expect(await cleaned("c", "host")).toMatchObject({ reason: "NO_SUCH_ADDRESS" });
  b.link.cut();
  let report: unknown;
  await until(async () => {
    report = await cleaned("b", "host");
    return !(report instanceof Error);
  }, 60_000);
  expect(report).toEqual({ epoch: 2, rows: [], casts: 1 });
  expect(await cleaned("b", "host")).toMatchObject({ epoch: 2, casts: 0 });
  await expect(b.supervisor.ref(ledger).note({ text: "late" })).rejects.toMatchObject({ reason: "FENCED" });
  const books = await host("books", { cluster: null, definition: ledgerManager() });
  await until(async () => (await books.supervisor.ref(ledger).read({})).length > 0, 60_000);
  expect(await a.supervisor.ref(ledger).read({})).toEqual(["left"]);
});

test("what cannot be cleaned up after is refused, with the reason", async () => {
  const { a, cleaned } = await apart();
  expect(await cleaned("c")).toMatchObject({ reason: "NO_SUCH_ADDRESS", data: { manager: "mill", address: "c" } });
  expect(await cleaned("a")).toMatchObject({ reason: "STILL_THERE", data: { why: "it is serving on this host" } });
  expect(await cleaned("b", "bell")).toMatchObject({
    reason: "CANNOT_CLEAN_UP",
    data: { why: "no bell runs on this host" },
  });
  a.link.cut();
  expect(await cleaned()).toMatchObject({
    reason: "STILL_THERE",
    data: { why: "the broker does not answer here, so nobody knows whether it lives" },
  });
});

test("a member of a cluster that renews its lease is not cleaned up after, though nobody hears it", async () => {
  const { host, pass, witness } = millHouse();
  const b = await host("b", { definition: millManager(witness) });
  b.link.cut();
  const a = await host("a", { definition: millManager(witness) });
  // Nor is it taken over.
  await pass(30_000);
  const operator = a.supervisor
    .as({ user: "ada", roles: ["operator"] })
    .ref(hosts)
    .at("a");
  const asked = operator.cleanup({ manager: "mill", address: "b", reason: "nobody hears it" }).catch((error) => error);
  await pass(3_000);
  expect([b.epoch(), await asked]).toMatchObject([
    1,
    { reason: "STILL_THERE", data: { why: "it renews its lease in the database" } },
  ]);
});

test("only operators clean up", async () => {
  const { a } = await apart();
  const viewer = a.supervisor
    .as({ user: "eve", roles: ["viewer"] })
    .ref(hosts)
    .at("a");
  await expect(viewer.cleanup({ manager: "mill", address: "b", reason: "why not" })).rejects.toMatchObject({
    reason: "NOT_PERMITTED",
  });
});
