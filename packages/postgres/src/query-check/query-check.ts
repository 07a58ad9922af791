import { reeveError } from "@reeve/contract";
import type { StoreLayout } from "@reeve/runtime/store";
import { tableUses } from "./table-uses.ts";
import { tokensOf } from "./tokens.ts";

const reading = new Set(["select", "with", "values"]);
const writing = new Set([...reading, "insert", "update", "delete", "merge"]);

/** Functions that run statements given as text, look at the server, or change its settings. */
const forbiddenFunctions =
  /^(pg_|lo_|dblink|.*_to_xml|set_config$|current_setting$|nextval$|setval$|currval$|lastval$|ts_stat$|ts_rewrite$|loread$|lowrite$|setseed$|crosstab|xpath_table)/;

/** Statements that were looked at, of one store: programs have few. */
const mostKept = 1_000;

/**
 * Keeps the statements of a store to its own tables, whatever their text: what builders write, and what is written by hand.
 * PostgreSQL would have to know each store by a role of its own to refuse the same.
 */
export class QueryCheck {
  readonly #seen = new WeakMap<StoreLayout, Map<string, "reads" | "writes">>();

  /** @throws ReeveError `STORE_MISUSE` saying what the statement reaches for */
  check(layout: StoreLayout, sql: string, mayWrite: boolean): "reads" | "writes" {
    const seen = this.#seen.get(layout) ?? new Map<string, "reads" | "writes">();
    this.#seen.set(layout, seen);
    let kind = seen.get(sql);
    if (!kind) {
      kind = kindOf(layout, sql);
      if (seen.size >= mostKept) seen.clear();
      seen.set(sql, kind);
    }
    if (kind === "writes" && !mayWrite) refuse(layout, "it writes outside of a transaction");
    return kind;
  }
}

function kindOf(layout: StoreLayout, sql: string): "reads" | "writes" {
  const tokens = tokensOf(sql);
  if (!tokens) return refuse(layout, "where its quotes, comments or numbers end cannot be told");
  const { commands, tables, functions, refused } = tableUses(tokens);
  if (refused) refuse(layout, refused);
  const [first = ""] = commands;
  if (!writing.has(first)) {
    const begins = first === "" ? "" : `it begins with "${first}"`;
    refuse(layout, begins || "it is empty");
  }
  if (commands.includes("table")) refuse(layout, 'it says "table"; say "select * from"');
  for (const name of tables) if (!layout.physicalTables.has(name)) refuse(layout, `it names "${name}"`);
  for (const name of functions) if (forbiddenFunctions.test(name)) refuse(layout, `it calls ${name}()`);
  return commands.every((command) => reading.has(command)) ? "reads" : "writes";
}

function refuse(layout: StoreLayout, why: string): never {
  throw reeveError(
    "STORE_MISUSE",
    `store "${layout.store}" reaches only its own tables, and writes only in a transaction: ${why}`,
  );
}
