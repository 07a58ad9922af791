import type { QueryCompiler } from "kysely";
import type { StoreLayout } from "../store-layout.ts";
import { LayoutCompiler } from "./compiler.ts";

/** One compiler for each store. */
export class LayoutCompilers {
  readonly #compilers = new Map<StoreLayout, QueryCompiler>();

  of(layout: StoreLayout): QueryCompiler {
    const compiler = this.#compilers.get(layout) ?? new LayoutCompiler(layout);
    this.#compilers.set(layout, compiler);
    return compiler;
  }
}
