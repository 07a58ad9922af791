import { parseSync, Visitor } from "oxc-parser";

/** One mention of another module, whether it survives compilation or not. */
export interface SourceImport {
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
  /** `export * from`. */
  readonly star: boolean;
}

/**
 * Finds every module that a file names: imports and re-exports with their types, `import()`, `require()` and
 * `import("x").T`. A name that is computed is not found.
 *
 * @throws Error when the text does not parse
 */
export function importsOf(path: string, text: string): SourceImport[] {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  const found: SourceImport[] = [];
  const lineStarts = [...text.matchAll(/^/gm)].map(({ index }) => index);
  const add = (source: unknown, start: number, star = false) => {
    const { value } = (source ?? {}) as { value?: unknown };
    if (typeof value !== "string") return;
    const next = lineStarts.findIndex((at) => at > start);
    found.push({ specifier: value, line: next < 0 ? lineStarts.length : next, star });
  };
  new Visitor({
    ImportDeclaration: ({ source, start }) => add(source, start),
    ExportNamedDeclaration: ({ source, start }) => add(source, start),
    ExportAllDeclaration: ({ source, start }) => add(source, start, true),
    ImportExpression: ({ source, start }) => add(source, start),
    TSImportType: ({ source, start }) => add(source, start),
    TSExternalModuleReference: ({ expression, start }) => add(expression, start),
    CallExpression({ callee, arguments: [argument], start }) {
      if (callee.type === "Identifier" && callee.name === "require") add(argument, start);
    },
  }).visit(program);
  return found;
}
