/** One line of a table: what NX-API makes of it differs from platform to platform, so each value is checked where it is read. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * The rows of a table in a structured answer: NX-API writes several as an array, one as an object, and none by leaving the table
 * out or empty.
 *
 * @param names under which platforms know the table, without `TABLE_`
 */
export function tableRows(body: unknown, ...names: readonly string[]): readonly Row[] {
  for (const name of names) {
    const table = property(body, `TABLE_${name}`);
    if (table === undefined) continue;
    // Some platforms print a table twice, as an array of tables.
    return [table].flat().flatMap((one) => [property(one, `ROW_${name}`) ?? []].flat().filter(isRow));
  }
  return [];
}

/** A value of a row as text; undefined when there is none. Platforms write numbers as numbers or as text. */
export function textOf(row: unknown, name: string): string | undefined {
  const value = property(row, name);
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : undefined;
}

/** A value of a row as a whole number; undefined when it is not one. */
export function numberOf(row: unknown, name: string): number | undefined {
  const text = textOf(row, name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function property(value: unknown, name: string): unknown {
  return isRow(value) ? value[name] : undefined;
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
