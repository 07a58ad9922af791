import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReeveError, reeveError } from "@reeve/contract";
import type { StoreBackend } from "@reeve/runtime";
import { StoreHealth } from "@reeve/runtime/internal";
import { sqlite } from "@reeve/runtime/sqlite";
import type { StoreCandidate } from "./store-rig.ts";

type Connections = Awaited<ReturnType<StoreBackend["open"]>>;
type Write = Connections["write"];
type Session = Parameters<Parameters<Write>[0]>[0];
type Layout = Parameters<Session["execute"]>[0];
type Query = Parameters<Session["execute"]>[1];
type Result = Awaited<ReturnType<Session["execute"]>>;

/** What a database adapter may get wrong, one at a time. */
export const faults = [
  "gives dates as numbers",
  "thaws rows",
  "forgets defaults",
  "blurs which constraint failed",
  "ends a transaction with its first error",
  "stores anything",
  "commits what failed",
  "shows what is not committed",
  "reads late",
  "runs transactions side by side",
  "knows no time-out",
  "asks nobody",
  "lets a transaction outlive its end",
  "writes the manager's names",
  "counts no rows",
  "knows no locks",
  "lends tables",
  "writes while reading",
  "tells errors as they are",
  "adds columns without defaults",
  "sees no tables",
  "closes at once",
  "works after its close",
  "is never well",
  "forgets",
  "lies anywhere",
  "tells no time",
  "checks nothing that is done later",
  "forgets what is done later",
] as const;
export type Fault = (typeof faults)[number];

/** SQLite in a file, with one fault, or none. */
export function faultyStore(fault?: Fault): StoreCandidate {
  const folder = mkdtempSync(join(tmpdir(), "reeve-faulty-"));
  let openings = 0;
  const backend: StoreBackend = {
    async open(options) {
      openings += 1;
      const file = fault === "forgets" ? `${openings}.db` : "store.db";
      return new FaultyConnections(await sqlite({ path: join(folder, file) }).open(options), fault);
    },
  };
  return { backend, dispose: async () => rmSync(folder, { recursive: true }) };
}

class FaultyConnections implements Connections {
  readonly #inner: Connections;
  readonly #fault: Fault | undefined;
  readonly #remembered = new Map<string, Result>();
  #open: Session | undefined;
  #closing = false;

  constructor(inner: Connections, fault: Fault | undefined) {
    this.#inner = inner;
    this.#fault = fault;
  }

  get name(): string {
    return this.#inner.name;
  }

  get place(): string {
    return this.#is("lies anywhere") ? String(Math.random()) : this.#inner.place;
  }

  get health(): StoreHealth {
    if (!this.#is("is never well")) return this.#inner.health;
    const health = new StoreHealth();
    health.failed({ kind: "failed", error: reeveError("STORE_FAILED", "never well") });
    return health;
  }

  get adapter(): Connections["adapter"] {
    return this.#inner.adapter;
  }

  now(): Promise<number> {
    return this.#inner.now();
  }

  compiler(layout: Layout): ReturnType<Connections["compiler"]> {
    return this.#inner.compiler(this.#is("writes the manager's names") ? { ...layout, tables: new Map() } : layout);
  }

  async read(layout: Layout, query: Query): Promise<Result> {
    if (this.#is("works after its close") && this.#closing) return { rows: [] };
    if (this.#is("shows what is not committed") && this.#open) return this.#open.execute(layout, query);
    if (this.#is("writes while reading"))
      return this.#inner.write((session) => session.execute(layout, query), { timeoutMs: 10_000 });
    const result = await this.#changed(query, () => this.#inner.read(layout, query));
    if (!this.#is("reads late")) return result;
    const remembered = this.#remembered.get(query.sql) ?? result;
    this.#remembered.set(query.sql, result);
    return remembered;
  }

  async write<R>(body: (session: Session) => Promise<R>, { timeoutMs, unwanted }: Parameters<Write>[1]): Promise<R> {
    if (this.#is("works after its close") && this.#closing) return undefined as R;
    const options = {
      timeoutMs: this.#is("knows no time-out") ? 2 ** 30 : timeoutMs,
      ...(unwanted && !this.#is("asks nobody") ? { unwanted } : {}),
    };
    if (this.#is("runs transactions side by side")) return body(this.#alone(options));
    let failed: { readonly error: unknown } | undefined;
    const result = await this.#inner.write(async (inner) => {
      if (this.#is("closes at once") && this.#closing) throw reeveError("STORE_MISUSE", "the store is closed");
      const session = this.#session(inner);
      this.#open = session;
      try {
        return await body(session);
      } catch (error) {
        if (!this.#is("commits what failed")) throw error;
        failed = { error };
        return undefined as R;
      } finally {
        this.#open = undefined;
      }
    }, options);
    if (failed) throw failed.error;
    return result;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#inner.close();
  }

  #is(fault: Fault): boolean {
    return this.#fault === fault;
  }

  /** Each statement is a transaction. */
  #alone(options: Parameters<Write>[1]): Session {
    const each = <R>(act: (session: Session) => Promise<R>) => this.#inner.write(act, options);
    return {
      execute: (layout, query) => each((session) => session.execute(layout, query)),
      executeLater: (layout, query, check) => each((session) => session.executeLater(layout, query, check)),
      change: (layout, change) => each((session) => session.change(layout, change)),
      hasTable: (name) => each((session) => session.hasTable(name)),
      now: () => this.#inner.now(),
    };
  }

  #session(inner: Session): Session {
    let ended: unknown;
    return {
      execute: async (layout, query) => {
        if (ended) throw ended;
        try {
          return await this.#changed(query, () => inner.execute(layout, query));
        } catch (error) {
          if (this.#is("ends a transaction with its first error")) ended = error;
          if (this.#is("lets a transaction outlive its end") && this.#open === undefined)
            return this.#alone({ timeoutMs: 10_000 }).execute(layout, query);
          throw error;
        }
      },
      executeLater: async (layout, query, check) => {
        if (ended) throw ended;
        if (this.#is("forgets what is done later")) return;
        try {
          await inner.executeLater(layout, query, this.#is("checks nothing that is done later") ? undefined : check);
        } catch (error) {
          if (this.#is("ends a transaction with its first error")) ended = error;
          throw error;
        }
      },
      change: (layout, change) => {
        if (!this.#is("adds columns without defaults") || change.kind !== "add-column")
          return inner.change(layout, change);
        const { default: _, ...spec } = change.column.spec;
        return inner.change(layout, { ...change, column: { ...change.column, spec: { ...spec, nullable: true } } });
      },
      hasTable: async (name) => (this.#is("sees no tables") ? false : inner.hasTable(name)),
      now: async () => (this.#is("tells no time") ? 0 : inner.now()),
    };
  }

  async #changed(query: Query, run: () => Promise<Result>): Promise<Result> {
    if (this.#is("knows no locks") && "endModifiers" in query.query && query.query.endModifiers)
      throw reeveError("STORE_MISUSE", "row locks are not known here");
    try {
      const result = await run();
      const rows = result.rows.map((row) => this.#row(row as Record<string, unknown>));
      if (this.#is("counts no rows")) return { rows };
      return { ...result, rows };
    } catch (error) {
      return this.#instead(error);
    }
  }

  #row(row: Record<string, unknown>): object {
    if (this.#is("thaws rows")) return structuredClone(row);
    if (this.#is("forgets defaults") && row.sizeGiB === 1) return { ...row, sizeGiB: null };
    if (!this.#is("gives dates as numbers")) return row;
    const entries = Object.entries(row).map(([name, value]) => [name, value instanceof Date ? +value : value]);
    return Object.freeze(Object.fromEntries(entries));
  }

  #instead(error: unknown): Result {
    if (!(error instanceof ReeveError)) throw error;
    const { reason, message } = error;
    if (this.#is("blurs which constraint failed") && reason === "ROW_EXISTS")
      throw reeveError("CONSTRAINT_FAILED", message);
    if (this.#is("stores anything") && reason === "CONSTRAINT_FAILED") return { rows: [{}] };
    if (this.#is("lends tables") && reason === "STORE_MISUSE" && /only its own tables/.test(message))
      return { rows: [] };
    if (this.#is("tells errors as they are")) throw error.cause;
    throw error;
  }
}
