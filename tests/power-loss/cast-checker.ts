import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@reeve/runtime/transport";
import { kinds, shop } from "./cast-managers.ts";
import { books, openYard, pathOf, type Side, type Yard } from "./cast-yard.ts";

/**
 * - `lost`: acknowledged, and not there; or a cast without an effect.
 * - `twice`: a cast with more than one.
 * - `unasked`: an effect of which the caller has no row.
 * - `order`: one lane's effects, in another order.
 * - `stuck`: a cast that is not carried out.
 * - `kept`: a key that nobody asks for any more.
 * - `corrupt`: a side does not open or fails.
 */
export type CastFindingKind = "lost" | "twice" | "unasked" | "order" | "stuck" | "kept" | "corrupt";

export interface CastFinding {
  readonly kind: CastFindingKind;
  readonly detail: string;
}

const quietWithinMs = 30_000;
/** Deliveries that acknowledge all that was done before. */
const mostSettlings = 5;
/** No copy of a delivery can come by then: its key may go. */
const deliveryMs = 120_000;

type Rows = readonly { readonly [column: string]: any }[];

/** Opens all sides on what is left of their disks, runs them until nothing is to be done, and checks what has come of the casts. */
export async function checkCasts(
  directory: string,
  acknowledged: ReadonlySet<string>,
): Promise<readonly CastFinding[]> {
  let yard: Yard | undefined;
  try {
    let ahead = 0;
    yard = await openYard(directory, { clock: { ...systemClock, wallNow: () => systemClock.wallNow() + ahead } });
    const stuck = await runUntilQuiet(directory, yard, () => {
      ahead = deliveryMs;
    });
    await yard.stop();
    yard = undefined;
    const orders = rowsOf(directory, "shop-01", "shop_orders");
    return [...stuck, ...effectsOf(directory, orders, acknowledged), ...keysOf(directory)];
  } catch (error) {
    return [{ kind: "corrupt", detail: String(error) }];
  } finally {
    await yard?.stop();
  }
}

async function runUntilQuiet(
  directory: string,
  { shop: supervisor }: Yard,
  skip: () => void,
): Promise<readonly CastFinding[]> {
  for (let settlings = 0; settlings < mostSettlings; settlings++) {
    const open = await untilDone(directory);
    if (open.length > 0)
      return open.map(({ id, state, reason }) => ({ kind: "stuck", detail: `${id} is ${state}: ${reason}` }));
    if (settlings > 0 && rowsOf(directory, "shop-01", "reeve_outbox").length <= books.length) return [];
    skip();
    await supervisor.ref(shop).settle({});
  }
  return [{ kind: "kept", detail: `rows are left after ${mostSettlings} deliveries to each` }];
}

/** Resolves with what is not done when it takes too long. */
async function untilDone(directory: string): Promise<Rows> {
  const until = performance.now() + quietWithinMs;
  for (;;) {
    const open = rowsOf(directory, "shop-01", "reeve_outbox").filter(({ state }) => state !== "done");
    if (open.length === 0 || open.some(({ state }) => state === "dead") || performance.now() > until) return open;
    await pause(5);
  }
}

function* effectsOf(directory: string, orders: Rows, acknowledged: ReadonlySet<string>): Iterable<CastFinding> {
  const known = new Set(orders.map(({ id }) => id as string));
  for (const id of acknowledged) if (!known.has(id)) yield { kind: "lost", detail: `order ${id} was acknowledged` };
  const counts = new Map<string, number>();
  for (const side of books) {
    const places = new Map<string, number>();
    for (const { kind, of, lane, place } of rowsOf(directory, side, "book_effects", "at")) {
      counts.set(`${kind} ${of}`, (counts.get(`${kind} ${of}`) ?? 0) + 1);
      if (!known.has(of)) yield { kind: "unasked", detail: `${kind} ${of} at ${side}` };
      if (kind !== "line") continue;
      const before = places.get(lane) ?? -1;
      if (place < before) yield { kind: "order", detail: `${of} at ${side}: ${place} of ${lane} after ${before}` };
      places.set(lane, place);
    }
  }
  for (const id of known) {
    for (const kind of kinds) {
      const count = counts.get(`${kind} ${id}`) ?? 0;
      if (count !== 1) yield { kind: count === 0 ? "lost" : "twice", detail: `${kind} ${id} has ${count} effects` };
    }
  }
}

/** Of the last delivery to each side a key is left, and its row. */
function* keysOf(directory: string): Iterable<CastFinding> {
  const kept = new Set(rowsOf(directory, "shop-01", "reeve_outbox").map(({ key }) => `cast-${key}`));
  for (const side of books) {
    for (const { key } of rowsOf(directory, side, "reeve_callKeys"))
      if (!kept.has(key)) yield { kind: "kept", detail: `${key} at ${side}` };
  }
}

function rowsOf(directory: string, side: Side, table: string, order?: string): Rows {
  using database = new DatabaseSync(pathOf(directory, side), { readOnly: true });
  return database.prepare(`select * from "${table}"${order ? ` order by "${order}"` : ""}`).all();
}
