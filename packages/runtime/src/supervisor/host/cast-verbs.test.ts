import { ReeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { recordingLogger } from "../../telemetry/index.ts";
import { Audit } from "./audit.ts";
import { castVerbs } from "./cast-verbs.ts";
import type { CastsPort } from "./casts-port.ts";
import type { CastInfo } from "./schemas.ts";

const cast = (id: string, more: Partial<CastInfo> = {}): CastInfo => ({
  ...{ id, holder: "volume/block-01", manager: "barn", operation: "store", address: null, lane: null },
  ...{ state: "waiting", user: "ada", tenant: null, requestId: null, createdAt: 0, dueAt: 0, attempts: 0 },
  ...{ nextAt: null, reason: null, lastError: null },
  ...more,
});

/** An outbox that is a list, and the verbs over it, as an operator calls them. */
function desk(casts: CastInfo[] | undefined) {
  const audit = new Audit(new ManualClock(), recordingLogger());
  const of = (id: string) => casts!.find((one) => one.id === id);
  const port: CastsPort | undefined = casts && {
    async listCasts(filter, { after, limit }) {
      const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
      const found = casts.filter((one) => wanted.every(([field, value]) => one[field as keyof CastInfo] === value));
      return found.filter(({ id }) => after === undefined || id > after).slice(0, limit);
    },
    async replay(id) {
      const found = of(id);
      if (found?.state !== "dead") return { refused: found?.state };
      return { cast: { ...found, state: "waiting", attempts: 0 } };
    },
    async drop(id) {
      const found = of(id);
      return found && found.state !== "sent" ? { cast: found } : { refused: found?.state };
    },
  };
  const ctx: any = {
    ...{ principal: { user: "ada", roles: ["operator"] }, peer: "web", remote: true, requestId: "r1" },
    fail(reason: string, data: unknown) {
      throw new ReeveError({ code: "NOT_FOUND", reason, message: reason, outcome: "executed", data, retryable: false });
    },
  };
  const verbs = castVerbs(
    () => port,
    ({ principal, peer, remote, requestId }, operation, manager, run, detail) =>
      audit.during({ operation, manager, detail, principal, peer, remote, requestId }, run),
  );
  const listed = async (filter: object, limit: number, cursor?: string) => {
    const { items, next } = await verbs.casts({ filter, limit, cursor });
    return { ids: items.map(({ id }) => id), next };
  };
  return { verbs, ctx, listed, audited: () => audit.listed().map(({ item }) => item) };
}

test("casts are listed in pages, by state, called manager and operation", async () => {
  const { listed } = desk([
    cast("1"),
    cast("2", { state: "dead", reason: "INTERRUPTED" }),
    cast("3", { manager: "mill" }),
    cast("4", { operation: "weigh", state: "dead" }),
    cast("5"),
  ]);
  expect(await listed({}, 2)).toEqual({ ids: ["1", "2"], next: "2" });
  expect(await listed({}, 2, "2")).toEqual({ ids: ["3", "4"], next: "4" });
  expect(await listed({}, 2, "4")).toEqual({ ids: ["5"], next: undefined });
  expect((await listed({ state: "dead" }, 10)).ids).toEqual(["2", "4"]);
  expect((await listed({ manager: "mill" }, 10)).ids).toEqual(["3"]);
  expect((await listed({ manager: "barn", operation: "weigh", state: "dead" }, 10)).ids).toEqual(["4"]);
});

test("what others wrote is cut to size", async () => {
  const { verbs } = desk([cast("1", { lastError: "x".repeat(100_000) })]);
  const { items } = await verbs.casts({ limit: 10 });
  expect(items[0]!.lastError).toHaveLength(500);
});

test("a dead cast is replayed, and dropped; both are in the audit with their reasons", async () => {
  const { verbs, ctx, audited } = desk([cast("1", { state: "dead" })]);
  expect(await verbs.replayCast({ id: "1", reason: "its disk is back" }, ctx)).toMatchObject({
    id: "1",
    state: "waiting",
  });
  expect(await verbs.dropCast({ id: "1", reason: "done by hand" }, ctx)).toMatchObject({ id: "1", state: "dead" });
  expect(audited()).toMatchObject([
    { operation: "replayCast", detail: "cast 1: its disk is back", outcome: "done", user: "ada", peer: "web" },
    { operation: "dropCast", detail: "cast 1: done by hand", outcome: "done" },
  ]);
});

test("what is not dead is not replayed, what is under way not dropped, and what is not there neither", async () => {
  const { verbs, ctx, audited } = desk([cast("1"), cast("2", { state: "sent" })]);
  const named = (id: string) => ({ id, reason: "why" });
  const told = (reason: string, data: object) => expect.objectContaining({ reason, data });
  await expect(verbs.replayCast(named("1"), ctx)).rejects.toEqual(told("CAST_NOT_DEAD", { id: "1", state: "waiting" }));
  await expect(verbs.dropCast(named("2"), ctx)).rejects.toEqual(told("CAST_UNDER_WAY", { id: "2", state: "sent" }));
  for (const verb of ["replayCast", "dropCast"] as const)
    await expect(verbs[verb](named("9"), ctx)).rejects.toEqual(told("NO_SUCH_CAST", { id: "9" }));
  expect(audited().map(({ outcome }) => outcome)).toEqual(["failed", "failed", "failed", "failed"]);
});

test("a host that keeps no casts lists none and knows none", async () => {
  const { verbs, ctx, listed } = desk(undefined);
  expect(await listed({}, 10)).toEqual({ ids: [], next: undefined });
  await expect(verbs.dropCast({ id: "1", reason: "why" }, ctx)).rejects.toMatchObject({ reason: "NO_SUCH_CAST" });
});
