import {
  DefaultInsertValueNode,
  type InsertQueryNode,
  type ReferenceNode,
  ReturningNode,
  type SelectModifierNode,
  SqliteQueryCompiler,
  ValueListNode,
  ValueNode,
  ValuesNode,
} from "kysely";
import { namedTables } from "../named-tables.ts";
import type { StoreLayout } from "../store-layout.ts";

/** What SQLite writes in another way than Kysely does. */
class SqliteDialect extends SqliteQueryCompiler {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    super();
    this.#layout = layout;
  }

  protected override visitReference(node: ReferenceNode): void {
    // SQLite knows no alias in a returning clause: only plain columns work there.
    const returning = this.nodeStack.some((ancestor) => ReturningNode.is(ancestor));
    const own = node.table && this.#layout.tables.has(node.table.table.identifier.name);
    if (returning && own) this.visitNode(node.column);
    else super.visitReference(node);
  }

  protected override visitInsertQuery(node: InsertQueryNode): void {
    super.visitInsertQuery(this.#withDefaults(node));
  }

  protected override visitSelectModifier(node: SelectModifierNode): void {
    // The write transaction holds the whole file: row locks are implied.
    if (node.modifier === "ForShare" || node.modifier === "ForUpdate") return;
    super.visitSelectModifier(node);
  }

  /** Where only some of several rows leave a column out, SQLite has no word for its default. */
  #withDefaults(node: InsertQueryNode): InsertQueryNode {
    const { into, columns = [], values } = node;
    const specs = into && this.#layout.tables.get(into.table.identifier.name)?.columns;
    if (!specs || !values || !ValuesNode.is(values)) return node;
    const fallback = (index: number) => ValueNode.create(specs.get(columns[index]!.column.name)?.default ?? null);
    const rows = values.values.map((row) =>
      ValueListNode.is(row)
        ? ValueListNode.create(
            row.values.map((value, index) => (DefaultInsertValueNode.is(value) ? fallback(index) : value)),
          )
        : row,
    );
    return { ...node, values: ValuesNode.create(rows) };
  }
}

/** Writes queries as SQLite reads them, with the names that tables have in the file. */
export const SqliteLayoutCompiler = namedTables(SqliteDialect);
