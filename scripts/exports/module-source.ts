import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Comment, parseSync, type Statement } from "oxc-parser";

/** A name that a module exports, where it says so. */
type Exported =
  | { readonly kind: "declared"; readonly statement: Statement }
  | { readonly kind: "from"; readonly source: string; readonly name: string; readonly type: boolean };

/** A source file, parsed once. */
interface ModuleSource {
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly exported: ReadonlyMap<string, Exported>;
}

/** Reads source files, each once. */
export class ModuleSources {
  readonly #root: string;
  readonly #read = new Map<string, ModuleSource>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @param file relative to the root */
  of(file: string): ModuleSource {
    const known = this.#read.get(file);
    if (known) return known;
    const text = readFileSync(join(this.#root, file), "utf8");
    const { program, comments } = parseSync(file, text);
    const source = { text, comments, exported: exportedBy(program.body) };
    this.#read.set(file, source);
    return source;
  }
}

/** Whether it declares a type and nothing that runs. */
export function isType(statement: Statement): boolean {
  const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
  return declared?.type === "TSInterfaceDeclaration" || declared?.type === "TSTypeAliasDeclaration";
}

type Imported = ReadonlyMap<string, { readonly source: string; readonly name: string }>;

function exportedBy(body: readonly Statement[]): Map<string, Exported> {
  const imported = importedBy(body);
  const declared = new Map(body.flatMap((statement) => namesOf(statement).map((name) => [name, statement] as const)));
  const exported = new Map<string, Exported>();
  // Of several declarations of one name the first value counts: its comment is read, and it may be imported as a value.
  const declare = (name: string, statement: Statement) => {
    const before = exported.get(name);
    if (before?.kind !== "declared" || (isType(before.statement) && !isType(statement)))
      exported.set(name, { kind: "declared", statement });
  };
  for (const statement of body) {
    if (statement.type !== "ExportNamedDeclaration") continue;
    if (statement.declaration) {
      for (const name of namesOf(statement.declaration as Statement))
        exported.set(name, { kind: "declared", statement });
    }
    for (const one of statement.specifiers) {
      const [local, name] = [nameOf(one.local), nameOf(one.exported)];
      const type = statement.exportKind === "type" || one.exportKind === "type";
      const from = statement.source ? { source: statement.source.value, name: local } : imported.get(local);
      if (from) exported.set(name, { kind: "from", ...from, type });
      else declare(name, declared.get(local)!);
    }
  }
  return exported;
}

function importedBy(body: readonly Statement[]): Imported {
  const names = new Map<string, { readonly source: string; readonly name: string }>();
  for (const statement of body) {
    if (statement.type !== "ImportDeclaration") continue;
    for (const one of statement.specifiers) {
      if (one.type !== "ImportSpecifier") continue;
      names.set(one.local.name, { source: statement.source.value, name: nameOf(one.imported) });
    }
  }
  return names;
}

/** What a declaration declares. */
function namesOf(statement: Statement): string[] {
  if (statement.type === "VariableDeclaration")
    return statement.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  return "id" in statement && statement.id && "name" in statement.id ? [statement.id.name as string] : [];
}

function nameOf(node: { readonly type: string }): string {
  const { name, value } = node as { readonly name?: string; readonly value?: string };
  return name ?? value!;
}
