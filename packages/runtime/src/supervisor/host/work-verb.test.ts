import { expect, test } from "vitest";
import type { FailedWork, ListedWork, WorkHolder, WorkQuery } from "../../recovery/index.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import type { WorkPort } from "./work-port.ts";
import { workVerb } from "./work-verb.ts";

const row = (id: string, more: Partial<ListedWork> = {}): ListedWork => ({
  ...{ id, manager: "volume", kind: "volume.creating", resource: `v-${id}`, address: "a", begunAt: new Date(5) },
  ...{ holderAddress: "a", failedRecoveries: 0, lastError: null, principal: null },
  ...more,
});

interface Bench {
  readonly failed?: readonly ListedWork[];
  readonly left?: readonly ListedWork[];
  readonly running?: readonly ListedWork[];
  readonly waits?: ReadonlyMap<string, FailedWork>;
  readonly managers?: readonly AdministeredManager[];
}

const manager = (name: string, address: string, store: object | undefined, life: object | undefined) =>
  ({
    ...{ spec: { definition: { contract: { name }, store } }, address, life },
    state: life ? "running" : "stopped",
  }) as unknown as AdministeredManager;
const bell = manager("bell", "a", undefined, { epoch: 1, failedWork: () => new Map() });

/** A journal that is three lists, and the verb over it, as a viewer calls it. */
function bench({ waits = new Map(), managers, ...lists }: Bench) {
  const asked: WorkQuery[] = [];
  const lookedFor: (readonly string[])[] = [];
  const port: WorkPort = {
    async page(query) {
      asked.push(query);
      return (lists[query.state] ?? []).filter(({ id }) => id > query.after).slice(0, query.limit);
    },
    async deserted(kinds) {
      lookedFor.push(kinds);
      return kinds.map((manager): WorkHolder => ({ manager, address: "b", epoch: undefined }));
    },
  };
  const usual = [
    manager("volume", "a", {}, { epoch: 3, failedWork: () => waits }),
    manager("volume", "a@spare", {}, undefined),
    bell,
  ];
  return { asked, lookedFor, ...workVerb({ port: () => port, managers: () => managers ?? usual }) };
}

test("work is listed in pages, what has failed first, then what is left, then what runs", async () => {
  const { work } = bench({ failed: [row("7"), row("9")], left: [row("1"), row("8")], running: [row("2"), row("3")] });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await work({ limit: 1, cursor });
    expect(page.items).toHaveLength(1);
    seen.push(`${page.items[0]!.state} ${page.items[0]!.id}`);
    cursor = page.next;
  } while (cursor !== undefined);
  expect(seen).toEqual(["failed 7", "failed 9", "left 1", "left 8", "running 2", "running 3"]);
  const { items, next } = await work({ limit: 5 });
  expect([items.map(({ id }) => id), next]).toEqual([["7", "9", "1", "8", "2"], "22"]);
  expect((await work({ limit: 5, filter: { state: "left" } })).items.map(({ id }) => id)).toEqual(["1", "8"]);
});

test("no more is read than a page has, however much there is", async () => {
  const many = Array.from({ length: 500 }, (_, index) => row(String(index).padStart(4, "0")));
  const { work, asked } = bench({ failed: many, left: many, running: many });
  expect((await work({ limit: 100 })).items).toHaveLength(100);
  expect(asked.map(({ state, limit }) => [state, limit])).toEqual([["failed", 101]]);
});

test("holders are the host's managers with a store, living or not, and those at whose addresses nobody lives", async () => {
  const { work, asked } = bench({});
  await work({ limit: 1 });
  const here = [
    { manager: "volume", address: "a", epoch: 3 },
    { manager: "volume", address: "a@spare", epoch: undefined },
  ];
  const deserted = { manager: "volume", address: "b", epoch: undefined };
  expect(asked.map(({ state, holders }) => [state, holders])).toEqual([
    ["failed", here],
    ["left", [...here, deserted]],
    ["running", here],
  ]);
  await work({ limit: 1, filter: { manager: "volume/b", state: "left" } });
  expect(asked.at(-1)!.holders).toEqual([deserted]);
});

test("the fleet is asked who has gone only where what is left is wanted", async () => {
  const { work, lookedFor } = bench({ failed: [row("1"), row("2")], running: [row("3")] });
  await work({ limit: 1 });
  for (const state of ["failed", "running"] as const) await work({ limit: 10, filter: { state } });
  await work({ limit: 10, cursor: "23" });
  expect(lookedFor).toEqual([]);
  await work({ limit: 10 });
  expect(lookedFor).toEqual([["volume"]]);
});

test("failed work says when it is tried next, or which call it waits for, and its error cut to size", async () => {
  const waitingFor = { driver: "array", method: "create", since: "2026-11-30T10:00:00.000Z" };
  const waits = new Map<string, FailedWork>([
    ["1", { nextAt: 9_000 }],
    ["2", { waitingFor }],
  ]);
  const lastError = "x".repeat(10_000);
  const principal = { user: "ada", tenant: "acme", roles: [] };
  const { work, asked } = bench({ waits, failed: [row("1", { failedRecoveries: 4, lastError, principal }), row("2")] });
  const [tried, held] = (await work({ limit: 10 })).items;
  expect(tried).toMatchObject({
    ...{ manager: "volume/a", begunAt: 5, failures: 4, nextAt: 9_000, waitingFor: null },
    ...{ user: "ada", tenant: "acme", lastError: expect.stringMatching(/^x{499}…$/) },
  });
  expect(held).toMatchObject({ nextAt: null, waitingFor, user: null });
  expect(asked[0]!.heldUp).toEqual(["2"]);
});

test("a host that runs nothing with a store has no work", async () => {
  const { asked, work } = bench({ managers: [bell] });
  expect(await work({ limit: 10 })).toEqual({ items: [] });
  expect(asked).toEqual([]);
});
