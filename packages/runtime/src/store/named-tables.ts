import {
  CommonTableExpressionNameNode,
  type DefaultQueryCompiler,
  DeleteQueryNode,
  FromNode,
  InsertQueryNode,
  JoinNode,
  type OperationNode,
  type QueryCompiler,
  ReferenceNode,
  type TableNode,
  UpdateQueryNode,
  UsingNode,
  WithNode,
} from "kysely";
import type { StoreLayout } from "./store-layout.ts";

/** Where a table is brought into a query, which may then go on calling it by an alias. */
const introducers = [FromNode, JoinNode, UsingNode, InsertQueryNode, UpdateQueryNode, DeleteQueryNode];
/** Where a name only refers to what was brought in, or is being made up. */
const references = [ReferenceNode, CommonTableExpressionNameNode];

/** How a dialect writes the queries over one store. */
export type LayoutCompiler = new (layout: StoreLayout) => QueryCompiler;

/**
 * Makes a dialect's compiler write the names that tables have in the database. Where a query brings a table in, it becomes
 * `"volume_volumes" as "volumes"`, so that everything else in the query may go on calling it `volumes`.
 *
 * @example
 * ```ts
 * const compilers = new LayoutCompilers(namedTables(PostgresDialect));
 * ```
 */
export function namedTables(Dialect: new (layout: StoreLayout) => DefaultQueryCompiler): LayoutCompiler {
  return class extends Dialect {
    readonly #layout: StoreLayout;

    constructor(layout: StoreLayout) {
      super(layout);
      this.#layout = layout;
    }

    protected override visitTable(node: TableNode): void {
      const name = node.table.identifier.name;
      const table = node.table.schema ? undefined : this.#layout.tables.get(name);
      if (!table || this.#isWithin(references) || this.#isExpression(name)) super.visitTable(node);
      else
        this.append(this.#isWithin(introducers) ? `"${table.physicalName}" as "${name}"` : `"${table.physicalName}"`);
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
  };
}
