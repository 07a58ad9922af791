/** A structured answer: fields, and tables under `TABLE_name` as their rows. */
export interface ShowBody {
  readonly [field: string]: string | number | readonly string[] | readonly ShowBody[];
}

/** How a table is written: as NX-API does (one row is an object, without rows the key is left out), or with arrays always (`cli_show_array`). */
export type RowShape = "as-many-as-there-are" | "arrays";

/** The JSON of a structured answer. */
export function bodyJson(body: ShowBody, shape: RowShape): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).flatMap(([field, value]): [string, unknown][] => {
      if (!isTable(field, value)) return [[field, value]];
      const rows = value.map((row) => bodyJson(row, shape));
      if (rows.length === 0) return [];
      const name = field.replace("TABLE_", "ROW_");
      if (shape === "arrays") return [[field, [{ [name]: rows }]]];
      return [[field, { [name]: rows.length === 1 ? rows[0] : rows }]];
    }),
  );
}

function isTable(field: string, value: ShowBody[string]): value is readonly ShowBody[] {
  return field.startsWith("TABLE_") && Array.isArray(value);
}

/** Lines of columns, each as wide as it is said to be. */
export function columns(widths: readonly number[], rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}
