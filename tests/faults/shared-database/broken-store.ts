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
      if (!query.sql.includes('"reeve_callKeys"')) return run(query);
      if (query.sql.startsWith("select")) return { rows: [] };
      return { rows: [], numAffectedRows: 1n };
    };
  },
};

function epochOf({ rows: [row] }: Result): unknown {
  return (row as { readonly epoch?: unknown } | undefined)?.epoch;
}
