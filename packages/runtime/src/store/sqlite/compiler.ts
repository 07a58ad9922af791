import {
  CommonTableExpressionNameNode,
  DefaultInsertValueNode,
  DeleteQueryNode,
  FromNode,
  InsertQueryNode,
  JoinNode,
  type OperationNode,
  ReferenceNode,
  ReturningNode,
  type SelectModifierNode,
  SqliteQueryCompiler,
  type TableNode,
  UpdateQueryNode,
  UsingNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WithNode,
} from "kysely";
import type { StoreLayout } from "../store-layout.ts";

/** Where a table is brought into a query, which may then go on calling it by an alias. */
const introducers = [FromNode, JoinNode, UsingNode, InsertQueryNode, UpdateQueryNode, DeleteQueryNode];
/** Where a name only refers to what was brought in, or is being made up. */
const references = [ReferenceNode, CommonTableExpressionNameNode];

/**
 * Writes queries with the names that tables have in the file. Where a query brings a table in, it becomes
 * `"volume_volumes" as "volumes"`, so that everything else in the query may go on calling it `volumes`.
 */
export class LayoutCompiler extends SqliteQueryCompiler {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    super();
    this.#layout = layout;
  }

  protected override visitTable(node: TableNode): void {
    const name = node.table.identifier.name;
    const table = node.table.schema ? undefined : this.#layout.tables.get(name);
    if (!table || this.#isWithin(references) || this.#isExpression(name)) super.visitTable(node);
    else this.append(this.#isWithin(introducers) ? `"${table.physicalName}" as "${name}"` : `"${table.physicalName}"`);
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

  #isWithin(kinds: readonly { is(node: OperationNode): boolean }[]): boolean {
    const parent = this.parentNode;
    return parent !== undefined && kinds.some((kind) => kind.is(parent));
  }

  /** A common table expression hides a table of the same name, but not from itself. */
  #isExpression(name: string): boolean {
    return this.nodeStack.some((ancestor) => {
      const { with: clause } = ancestor as { readonly with?: OperationNode };
      if (!clause || !WithNode.is(clause)) return false;
      const inside = clause.recursive
        ? -1
        : clause.expressions.findIndex((expression) => this.nodeStack.includes(expression));
      const visible = inside === -1 ? clause.expressions : clause.expressions.slice(0, inside);
      return visible.some((expression) => expression.name.table.table.identifier.name === name);
    });
  }
}
