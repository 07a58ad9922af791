import type { QueryCompiler } from "kysely";
import type { LayoutCompiler } from "./named-tables.ts";
import type { StoreLayout } from "./store-layout.ts";

/** One compiler for each store. */
export class LayoutCompilers {
  readonly #Compiler: LayoutCompiler;
  readonly #compilers = new Map<StoreLayout, QueryCompiler>();

  constructor(Compiler: LayoutCompiler) {
    this.#Compiler = Compiler;
  }

  of(layout: StoreLayout): QueryCompiler {
    const compiler = this.#compilers.get(layout) ?? new this.#Compiler(layout);
    this.#compilers.set(layout, compiler);
    return compiler;
  }
}
