import type { Statement } from "oxc-parser";
import { isStable } from "../exports/entry-points.ts";
import { isType } from "../exports/module-source.ts";
import type { PublicExport } from "../exports/public-exports.ts";
import type { CodeBlock } from "./code-blocks.ts";
import { type FreeNames, freeNames } from "./free-names.ts";

const fence = /^```ts\n([\s\S]*?)^```/gm;

/** Their examples stand in a manager whose store has the tables that they name, and compile there only: `docs/write-a-manager.md` has one. */
const ofTypedStores = new Set(["@reeve/managers/resource"]);

/** Where the names of examples are looked for, after the entry point of what they are examples of. */
const common = ["@reeve/contract", "@reeve/runtime", "@reeve/driver-sdk"];
const others: Readonly<Record<string, string>> = { z: "zod", test: "vitest", expect: "vitest", createActor: "xstate" };

/** Says which public functions have no `@example` in their comment. */
export function withoutExample(all: readonly PublicExport[]): string[] {
  const lacking = all.filter(
    (one) => isStable(one.entry) && isFunction(one.declaration) && !one.doc.includes("@example"),
  );
  return [...new Set(lacking.map(({ file, name }) => `${file}: ${name} is public and has no @example`))];
}

/** The examples in the comments of what is exported, each as a module that compiles if the example does. */
export function exampleBlocks(all: readonly PublicExport[]): CodeBlock[] {
  const seen = new Set<string>();
  return all.flatMap((one) => {
    if (seen.has(one.origin) || !one.file || ofTypedStores.has(one.entry.specifier)) return [];
    seen.add(one.origin);
    return examplesOf(one).map(({ code, line }, index) => {
      const file = `${one.origin.replaceAll(/[#.]/g, "-")}-${index + 1}.ts`;
      return { file, code: wholeOf(code, one, all), page: one.file!, line: line - 1 };
    });
  });
}

function examplesOf({ doc, line }: PublicExport): { readonly code: string; readonly line: number }[] {
  const begin = doc.indexOf("@example");
  if (begin < 0) return [];
  return [...doc.matchAll(fence)]
    .filter(({ index }) => index > begin)
    .map((match) => ({ code: match[1]!, line: line + doc.slice(0, match.index).split("\n").length }));
}

/** With what it names imported, or declared as anything, on a line of its own before it. */
function wholeOf(code: string, one: PublicExport, all: readonly PublicExport[]): string {
  if (/^import /m.test(code)) return `\n${code}`;
  const text = code.replaceAll("…", "...({} as any)");
  const [open, close] = wrapperOf(text);
  const free = freeNames(`${open}\n${text}\n${close}`);
  // The compiler says what is wrong with it.
  if (!free) return `\n${text}`;
  return `${preludeOf(free, one, all)} ${open}\n${text}${close} export {};\n`;
}

/** What makes a module of it: statements that may await and return, or a part of an object. */
function wrapperOf(text: string): readonly [string, string] {
  const wrappers = [
    ["", ""],
    ["async function* example(): any {", "}"],
    ["const example: any = {", "};"],
  ] as const;
  return (
    wrappers.find(([open, close]) =>
      !/^\s*\w+:/.test(text) || (open.endsWith("{") && open.startsWith("const"))
        ? freeNames(`${open}\n${text}\n${close}`) !== undefined
        : false,
    ) ?? wrappers[0]
  );
}

function preludeOf({ values, types, called }: FreeNames, one: PublicExport, all: readonly PublicExport[]): string {
  const imports: string[] = [];
  const anything: string[] = [];
  for (const name of new Set([...values, ...types])) {
    const home = homeOf(name, one, all, called.has(name));
    if (home) imports.push(`import { ${home.type ? "type " : ""}${name} } from "${home.specifier}";`);
    else {
      if (values.has(name)) anything.push(`declare let ${name}: any;`);
      if (types.has(name)) anything.push(`type ${name} = any;`);
    }
  }
  return [...imports, ...anything].join(" ");
}

/** Another entry point's name is meant where it is called; what is only mentioned is the reader's own. */
function homeOf(name: string, one: PublicExport, all: readonly PublicExport[], called: boolean) {
  if (Object.hasOwn(others, name)) return { specifier: others[name]!, type: false };
  const rank = ({ entry }: PublicExport) =>
    entry.specifier === one.entry.specifier ? -1 : (common.indexOf(entry.specifier) + 99) % 99;
  const named = all.filter((other) => other.name === name && isStable(other.entry) && (called || rank(other) < 0));
  const [first] = named.sort((a, b) => rank(a) - rank(b));
  return first && { specifier: first.entry.specifier, type: first.declaration ? isType(first.declaration) : false };
}

function isFunction(statement: Statement | undefined): boolean {
  const declared = statement?.type === "ExportNamedDeclaration" ? statement.declaration : statement;
  if (declared?.type === "VariableDeclaration")
    return declared.declarations.some(({ init }) => /^(?:Arrow)?Function/.test(init?.type ?? ""));
  return declared?.type === "FunctionDeclaration" || declared?.type === "TSDeclareFunction";
}
