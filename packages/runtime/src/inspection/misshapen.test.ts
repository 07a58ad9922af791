import { expect, test } from "vitest";
import { misshapen } from "../gossip/shapes.fixture.ts";
import { definitionKey } from "./definition-json.ts";
import { HostPicture } from "./host-picture.ts";
import { inOrder } from "./in-order.ts";
import { readNews } from "./news-reader.ts";

const snapshot = {
  ...{ status: "active", value: { serving: "ready" } },
  context: {
    ...{
      causes: [{ reason: "DRIVER_LOST", message: "gone" }],
      epoch: 1,
      failure: "f",
      startedAt: 1,
      own: { exported: 3 },
    },
    ...{ inFlight: 0, queued: 0, calls: 1, errors: 0 },
  },
};
const step = { at: 1, event: "start", value: "booting", causes: [], failure: "f", epoch: 1 };
const chart = { id: "d", states: { serving: {} } };
const key = definitionKey(JSON.stringify(chart));
const news = {
  at: 1,
  host: { host: "z", cluster: "rack-a", startedAt: 1, panels: [{ id: "p", title: "P", empty: "none" }], acts: true },
  definitions: { [key]: chart },
  actors: [{ seq: 1, id: "a#1", name: "a", parentId: "p", definition: key, snapshot, history: [step], at: 1 }],
  children: [
    ...[{ seq: 2, id: "a/c#2", name: "c", parentId: "a#1", definition: key, at: 1 }].map((child) => ({
      ...child,
      snapshot: { status: "active", value: { busy: { deep: {} } }, context: { n: 1 }, output: 1, error: "e" },
    })),
  ],
  childChanges: [{ seq: 3, id: "a/c#2", event: "e", snapshot: { status: "active", value: "idle" }, at: 1 }],
  replies: [
    {
      seq: 4,
      at: 1,
      of: 1,
      from: "a#1",
      to: "b",
      operation: "o",
      requestId: "r",
      durationMs: 3,
      end: { reason: "BUSY", message: "it is busy", outcome: "executed" },
    },
    { seq: 5, at: 1, of: 1, from: "a#1", operation: "o", requestId: "r", durationMs: 3, end: "done" },
  ],
  messages: [
    { seq: 1, at: 1, from: "b", to: "a", type: "call", operation: "o", requestId: "r", count: 1, payload: true },
  ],
  changes: [{ seq: 6, id: "a#1", event: "e", snapshot, at: 1 }],
  loads: [{ id: "a#1", inFlight: 0, queued: 0, calls: 1, errors: 0 }],
  ended: ["a#0"],
  details: [{ id: "a#1", context: snapshot.context }],
  tables: [
    {
      panel: "p",
      table: {
        columns: [{ id: "c", label: "C", kind: "text" }],
        rows: [{ id: "r", cells: { c: 1 }, detail: { a: 1 }, rank: 1 }],
        totals: [{ id: "t", state: "s", count: 1, since: 1 }],
      },
    },
  ],
  panels: [{ id: "p", title: "P" }],
  left: false,
  skipped: 1,
};

test("news is as it is promised, or refused: what is read can be shown, whichever field is wrong, unknown or missing", () => {
  expect(readNews("entries.0", news)).toEqual(news);
  let read = 0;
  for (const other of misshapen(news)) {
    const told = JSON.parse(JSON.stringify(other) ?? "null");
    let body: ReturnType<typeof readNews>;
    try {
      body = readNews("entries.0", told);
    } catch (error) {
      expect(error).toMatchObject({
        reason: "MALFORMED_FRAME",
        message: expect.stringMatching(/^entries\.0.*: expected /),
      });
      continue;
    }
    read += 1;
    const picture = new HostPicture("Z1");
    picture.apply({ ...body, instance: "Z1", seq: 1 });
    for (const { name, snapshot: now, history } of [...picture.actors.values(), ...picture.ended.values()]) {
      expect(name.toLowerCase().localeCompare("a")).toBeTypeOf("number");
      for (const { causes } of [now.context, ...history])
        expect(causes.map(({ reason, message }) => reason.toLowerCase() + message.toLowerCase())).toHaveLength(
          causes.length,
        );
      for (const value of [now.value, ...history.map((past) => past.value)]) shownState(value);
      const { epoch, startedAt, inFlight, queued, calls, errors } = now.context;
      expect([epoch, startedAt, inFlight, queued, calls, errors].every(Number.isFinite)).toBe(true);
      expect(now.context.failure?.length ?? 0).toBeTypeOf("number");
      for (const { at } of history) expect(at).toBeTypeOf("number");
    }
    for (const { name, parentId, snapshot: now, at } of picture.children.values()) {
      expect([name, parentId].every((text) => text.split("/").length > 0)).toBe(true);
      expect(["active", "done", "error", "stopped"]).toContain(now.status);
      expect(at).toBeTypeOf("number");
    }
    for (const { of, durationMs, from, to = "", operation, requestId, end } of body.replies ?? []) {
      const { reason, message, outcome } =
        typeof end === "object" ? end : { reason: end, message: "", outcome: "executed" };
      expect([typeof of, typeof durationMs]).toEqual(["number", "number"]);
      expect(
        [from, to, operation, requestId, reason, message, outcome].every((text) => text.split("/").length > 0),
      ).toBe(true);
    }
    for (const { told } of inOrder(body)) expect(Number.isInteger(told.seq ?? 0)).toBe(true);
    for (const { to, type, from = "", operation = "", requestId = "", count } of body.messages ?? []) {
      expect([to, type, from, operation, requestId].every((text) => text.split("/").length > 0)).toBe(true);
      expect(count).toBeGreaterThan(0);
    }
    for (const { id, title, empty = "" } of [...(body.panels ?? []), ...(body.host?.panels ?? [])])
      expect([id, title, empty].join("").length).toBeTypeOf("number");
    for (const { table } of body.tables ?? []) {
      for (const { id, label, kind = "" } of table.columns) expect((id + label + kind).length).toBeTypeOf("number");
      for (const { id, state, count, since = 0 } of table.totals ?? [])
        expect((id + state).length + count.toFixed().length + since.toFixed().length).toBeTypeOf("number");
      for (const { rank = 0 } of table.rows) expect(rank.toFixed()).toBeTypeOf("string");
      for (const { cells } of table.rows)
        expect(Object.values(cells).every((cell) => typeof cell !== "object" || cell === null)).toBe(true);
    }
    for (const { id, context } of body.details ?? []) expect([id.length, context.causes.length]).toHaveLength(2);
    for (const chart of Object.values(body.definitions ?? {})) expect(Object.keys(chart)).toBeInstanceOf(Array);
  }
  expect(read).toBeGreaterThan(50);
});

/** As the page reads it. */
function shownState(value: unknown): string {
  if (typeof value === "string") return value.toLowerCase();
  return Object.entries(value as object)
    .map(([state, child]) => `${state}.${shownState(child)}`)
    .join();
}

test("what a host shows of itself is walked through only so deep", () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
  const own = (levels: number) => ({
    at: 1,
    details: [{ id: "a#1", context: { ...snapshot.context, own: nested(levels) } }],
  });
  expect(() => readNews("entries.0", own(24))).not.toThrow();
  expect(() => readNews("entries.0", own(26))).toThrow("at most 24 levels");
});

test("a chart is told under the key that its content has: nobody draws the managers of other hosts anew", () => {
  const told = { at: 1, definitions: { [key]: { ...chart, states: { burning: {} } } } };
  expect(() => readNews("entries.0", told)).toThrow(/definitions\.\w+: expected the chart that this is the key of/);
});
