import { DatabaseSync } from "node:sqlite";

export interface Rows {
  /** The steps of which there is a row, in order. */
  readonly effects: readonly string[];
  readonly keys: readonly string[];
}

/** What an outside observer finds in the database of a barn that is not open. @param place as that of `openBackend` */
export async function rowsOf(_backend: string, place: string): Promise<Rows> {
  const database = new DatabaseSync(place);
  try {
    const texts = (query: string) =>
      database
        .prepare(query)
        .all()
        .map((row) => String(Object.values(row)[0]));
    return {
      effects: texts("select step from barn_effects where bale = 'b1' order by id"),
      keys: texts(`select "key" from "reeve_callKeys" order by "key"`),
    };
  } finally {
    database.close();
  }
}
