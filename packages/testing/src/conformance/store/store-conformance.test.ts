import { sqlite } from "@reeve/runtime/sqlite";
import { expect, test, vi } from "vitest";
import { type Fault, faults, faultyStore } from "./faulty-store.fixture.ts";
import { storeConformance } from "./store-conformance.ts";

const suite = (fault?: Fault) =>
  storeConformance({ name: "faulty", make: () => faultyStore(fault), ...(fault ? { boundMs: 300 } : {}) });

for (const { name, run } of suite()) test(name, run);

/** The promises that each fault breaks; others may break with them. */
const broken: Readonly<Record<Fault, readonly RegExp[]>> = {
  "gives dates as numbers": [/^rows come back/],
  "thaws rows": [/^rows are frozen/],
  "forgets defaults": [/^what is left out/],
  "blurs which constraint failed": [/^a taken key/],
  "ends a transaction with its first error": [/^a statement that is refused/, /^where what is done later/],
  "stores anything": [/^a value that a column cannot hold/],
  "commits what failed": [/^a transaction that throws/, /^a migration that fails/],
  "shows what is not committed": [/^reads see nothing/],
  "reads late": [/^a read that begins when/],
  "runs transactions side by side": [/^of transactions that read/, /^two transactions, each/],
  "knows no time-out": [/^one that lasts too long/],
  "asks nobody": [/^one that nobody wants/],
  "lets a transaction outlive its end": [/^a transaction is refused as STORE_MISUSE/],
  "writes the manager's names": [
    /^in joins/,
    /^an alias may/,
    /^an upsert/,
    /^updates and deletes/,
    /^a common table/,
    /^raw SQL/,
  ],
  "counts no rows": [/^updates and deletes/],
  "knows no locks": [/^rows may be locked/],
  "lends tables": [/^no statement of a manager/],
  "writes while reading": [/^a read writes nothing/],
  "tells errors as they are": [/^malformed SQL/],
  "adds columns without defaults": [/^a store is brought/],
  "sees no tables": [/^a transaction can tell/],
  "closes at once": [/^a close, asked/],
  "works after its close": [/^a close, asked/],
  "is never well": [/^a database that works/],
  forgets: [/^a database that is opened again/],
  "lies anywhere": [/^a database lies/],
  "tells no time": [/^a database has one clock/],
  "checks nothing that is done later": [/^a check of what is done later/],
  "forgets what is done later": [/^what is done later/],
};

/** Whether the promises of this name held, each against a database with this fault. */
async function outcomesOf(fault: Fault, promise: RegExp): Promise<string[]> {
  const cases = suite(fault).filter(({ name }) => promise.test(name.replace("faulty: ", "")));
  return Promise.all(cases.map(({ run }) => run().then(String, () => "broken")));
}

test.each(faults)("a database that %s breaks that promise", async (fault) => {
  for (const promise of broken[fault]) expect(await outcomesOf(fault, promise), String(promise)).toEqual(["broken"]);
});

test("every promise is broken by a fault", () => {
  const promises = suite().map(({ name }) => name.replace("faulty: ", ""));
  const patterns = Object.values(broken).flat();
  expect(promises.filter((promise) => !patterns.some((pattern) => pattern.test(promise)))).toEqual([]);
});

test("a fault leaves the promises alone that it does not touch", async () => {
  expect(await outcomesOf("thaws rows", /^(rows come back|malformed SQL|a close, asked)/)).toEqual([
    "held",
    "held",
    "held",
  ]);
});

test("what ends with its process is not asked what it keeps", async () => {
  const make = () => ({ backend: sqlite({ path: ":memory:" }), lasting: false });
  const [again] = storeConformance({ name: "memory", make }).filter(({ name }) => /opened again has/.test(name));
  const skip = vi.fn();
  expect(await again!.run({ skip })).toEqual({ skipped: "the database ends with its process" });
  expect(skip).toHaveBeenCalledTimes(1);
});
