import { DatabaseSync } from "node:sqlite";
import type { PostgresServer } from "@reeve/testing";

export interface Rows {
  /** The steps of which there is a row, in order. */
  readonly effects: readonly string[];
  readonly keys: readonly string[];
}

const effects = "select step as text from barn_effects where bale = 'b1' order by id";
const keys = `select "key" as text from "reeve_callKeys" order by "key"`;

/** What an outside observer finds in the file of a barn that is not open. */
export function rowsOfFile(path: string): Rows {
  const database = new DatabaseSync(path);
  try {
    const texts = (query: string) =>
      database
        .prepare(query)
        .all()
        .map(({ text }) => String(text));
    return { effects: texts(effects), keys: texts(keys) };
  } finally {
    database.close();
  }
}

/** The same of a database of PostgreSQL. */
export async function rowsOfServer(server: PostgresServer, url: string): Promise<Rows> {
  const texts = async (query: string) => (await server.query(query, [], url)).map(({ text }) => String(text));
  return { effects: await texts(effects), keys: await texts(keys) };
}
