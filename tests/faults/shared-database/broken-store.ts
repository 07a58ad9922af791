import type { StoreBackend } from "@reeve/runtime";
import type { Broken } from "./host-settings.ts";
import { forwarded } from "./steps.ts";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;
type Session = Parameters<Parameters<Connections["write"]>[0]>[0];
type Query = Parameters<Session["execute"]>[1];
type Result = Awaited<ReturnType<Session["execute"]>>;
type Run = (query: Query) => Promise<Result>;
type Rule = (query: Query, run: Run) => Promise<Result>;

/**
 * A real store under which one rule of the runtime does not hold, for all who reach the database through it.
 *
 * @param address of the one who takes over
 */
export function brokenStore(inner: StoreBackend, broken: Broken, address: string): StoreBackend {
  const rule = rules[broken](address);
  return {
    async open(options) {
      const connections = await inner.open(options);
      return forwarded<Connections>(connections, {
        read: (layout, query) => rule(query, (asked) => connections.read(layout, asked)),
        write: (body, given) =>
          connections.write(
            (session) =>
              body(
                forwarded<Session>(session, {
                  execute: (layout, query) => rule(query, (asked) => session.execute(layout, asked)),
                  // The fence is asked for in this way: what checks the answer is to see the changed one.
                  async executeLater(layout, query, check) {
                    const result = await rule(query, (asked) => session.execute(layout, asked));
                    check?.(result);
                  },
                }),
              ),
            given,
          ),
      });
    },
  };
}

const rules: Readonly<Record<Broken, (address: string) => Rule>> = {
  /** Every incarnation finds its own epoch in its fence row, whatever that says. */
  fence() {
    const own = new Map<string, unknown>();
    return async (query, run) => {
      const result = await run(query);
      if (!query.sql.includes('"reeve_fence"')) return result;
      const [manager, address] = query.parameters;
      const place = `${String(manager)} at ${String(address)}`;
      if (query.sql.startsWith("insert")) own.set(place, epochOf(result));
      if (!/for share/i.test(query.sql) || !own.has(place)) return result;
      return { ...result, rows: result.rows.map(() => ({ epoch: own.get(place), raisedBy: null })) };
    };
  },
  /** What another has claimed is there to be claimed, until it has been cleared. */
  claim: (address) => (query, run) => {
    const { sql } = query;
    const takes = /^(select|update)/.test(sql) && sql.includes('"reeve_work"') && sql.includes('"holderEpoch" <');
    if (!takes) return run(query);
    const [before = "", after = ""] = sql.split(" where ", 2);
    const anyones = after
      .replace('"holderAddress" = $', `"holderAddress" <> '${address}' and "address" = $`)
      .replace('"holderEpoch" <', '"epoch" <');
    return run({ ...query, sql: `${before} where ${anyones}` });
  },
  /** No key is ever found, and none is kept. */
  key() {
    return async (query, run) => {
      if (!query.sql.includes('"reeve_callKeys"') || query.sql.startsWith("select count")) return run(query);
      if (query.sql.startsWith("select")) return { rows: [] };
      return { rows: [], numAffectedRows: 1n };
    };
  },
  /** What is cast is not kept. */
  outbox: () => (query, run) => (query.sql.startsWith(casting) ? Promise.resolve(changedOne) : run(query)),
  /** Every timer is due at once. */
  timer: () => (query, run) => {
    if (!query.sql.startsWith(casting) || valueIn(query, "dueAt") === null) return run(query);
    return run(withValue(query, "nextAt", 0));
  },
  /** Those behind the first of a lane do not wait for it, and that waits for a while. */
  lane: () => (query, run) => {
    const place = query.sql.startsWith(casting) ? valueIn(query, "place") : null;
    if (place === null) return run(query);
    return run(withValue(query, "nextAt", place === 0 ? Date.now() + 1_000 : 0));
  },
  /** That a cast was carried out is not kept, and its key is not found. */
  end: (address) => {
    const forgets = rules.key(address);
    return (query, run) => {
      const ends = /^update "reeve_outbox" .*set "state" = \$1/.test(query.sql) && query.parameters[0] === "done";
      return ends ? Promise.resolve(changedOne) : forgets(query, run);
    };
  },
  /** Every lease is free. */
  lease: () => async (query, run) => {
    const { sql } = query;
    if (!sql.startsWith("select") || !sql.includes('"reeve_leases"')) return run(query);
    const result = await run(query);
    if (sql.includes("inner join")) return { ...result, rows: [] };
    return { ...result, rows: result.rows.map((row) => ({ ...(row as object), released: true })) };
  },
  /** Whoever takes a lease writes the first epoch there ever was. */
  "lease epoch": () => (query, run) => {
    const place = /^update "reeve_leases" .*set .*"epoch" = \$(\d+), "released"/.exec(query.sql)?.[1];
    return run(place === undefined ? query : { ...query, parameters: query.parameters.with(Number(place) - 1, 1) });
  },
};

const casting = 'insert into "reeve_outbox"';
const changedOne: Result = { rows: [], numAffectedRows: 1n };

function valueIn(query: Query, column: string): unknown {
  return query.parameters[columnsOf(query).indexOf(column)];
}

function withValue(query: Query, column: string, value: unknown): Query {
  return { ...query, parameters: query.parameters.with(columnsOf(query).indexOf(column), value) };
}

/** Of an insertion of one row, whose every value is a parameter. */
function columnsOf({ sql }: Query): readonly string[] {
  return sql
    .slice(sql.indexOf("(") + 1, sql.indexOf(")"))
    .split(", ")
    .map((name) => name.slice(1, -1));
}

function epochOf({ rows: [row] }: Result): unknown {
  return (row as { readonly epoch?: unknown } | undefined)?.epoch;
}
