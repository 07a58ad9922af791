import {
  DeleteQueryNode,
  FromNode,
  InsertQueryNode,
  JoinNode,
  type OperationNode,
  type ReferenceNode,
  ReferenceNode as References,
  ReturningNode,
  type SelectModifierNode,
  SqliteQueryCompiler,
  type TableNode,
  UpdateQueryNode,
  UsingNode,
  WithNode,
} from "kysely";
import type { StoreLayout } from "../store-layout.ts";

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
    if (!table || this.#isReference() || this.#isExpression(name)) return super.visitTable(node);
    this.append(quote(table.physicalName));
    if (this.#bringsIn()) this.append(` as ${quote(name)}`);
  }

  protected override visitReference(node: ReferenceNode): void {
    // SQLite knows no alias in a returning clause: only plain columns work there.
    const returning = this.nodeStack.some((ancestor) => ReturningNode.is(ancestor));
    if (returning && node.table && this.#layout.tables.has(node.table.table.identifier.name))
      return this.visitNode(node.column);
    super.visitReference(node);
  }

  protected override visitSelectModifier(node: SelectModifierNode): void {
    // The write transaction holds the whole file: row locks are implied.
    if (node.modifier === "ForShare" || node.modifier === "ForUpdate") return;
    super.visitSelectModifier(node);
  }

  #isReference(): boolean {
    return this.parentNode !== undefined && References.is(this.parentNode);
  }

  #bringsIn(): boolean {
    const parent = this.parentNode;
    return parent !== undefined && introducers.some((is) => is(parent));
  }

  /** A common table expression hides a table of the same name. */
  #isExpression(name: string): boolean {
    return this.nodeStack.some((ancestor) => {
      const { with: expressions } = ancestor as { readonly with?: OperationNode };
      return (
        expressions !== undefined &&
        WithNode.is(expressions) &&
        expressions.expressions.some((expression) => expression.name.table.table.identifier.name === name)
      );
    });
  }
}

const introducers: readonly ((node: OperationNode) => boolean)[] = [
  FromNode.is,
  JoinNode.is,
  UsingNode.is,
  InsertQueryNode.is,
  UpdateQueryNode.is,
  DeleteQueryNode.is,
];

function quote(name: string): string {
  return `"${name}"`;
}
