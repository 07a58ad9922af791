import { parseSync } from "oxc-parser";

/** What a piece of code names and does not declare. */
export interface FreeNames {
  readonly values: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
  /** Those of the values that are called. */
  readonly called: ReadonlySet<string>;
}

type Node = { readonly type: string } & Record<string, unknown>;

/** Types that every program has, beside what it has as values; and `as const`. */
const knownTypes = new Set([
  "const",
  "Partial",
  "Readonly",
  "Record",
  "Pick",
  "Omit",
  "Awaited",
  "ReturnType",
  "NonNullable",
]);

/** @returns undefined when the code does not parse */
export function freeNames(code: string): FreeNames | undefined {
  const { program, errors } = parseSync("example.ts", code);
  if (errors.length > 0) return undefined;
  const found = {
    values: new Set<string>(),
    types: new Set<string>(),
    called: new Set<string>(),
    declared: new Set<string>(),
  };
  visit(program as unknown as Node, found);
  const isFree = (name: string) => !found.declared.has(name) && !(name in globalThis) && name !== "undefined";
  return {
    values: new Set([...found.values].filter(isFree)),
    types: new Set([...found.types].filter((name) => isFree(name) && !knownTypes.has(name))),
    called: found.called,
  };
}

interface Found {
  readonly values: Set<string>;
  readonly types: Set<string>;
  readonly called: Set<string>;
  readonly declared: Set<string>;
}

/** Whatever is a name of something else's: of a member, of a property, of a label. */
const ownNames: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ["property"],
  Property: ["key"],
  MethodDefinition: ["key"],
  PropertyDefinition: ["key"],
  TSPropertySignature: ["key"],
  TSMethodSignature: ["key"],
  LabeledStatement: ["label"],
  TSQualifiedName: ["right"],
  MetaProperty: ["meta", "property"],
};
const declarations: Readonly<Record<string, readonly string[]>> = {
  VariableDeclarator: ["id"],
  FunctionDeclaration: ["id", "params"],
  FunctionExpression: ["params"],
  ArrowFunctionExpression: ["params"],
  ClassDeclaration: ["id"],
  CatchClause: ["param"],
  ImportSpecifier: ["local"],
  TSInterfaceDeclaration: ["id"],
  TSTypeAliasDeclaration: ["id"],
};

function visit(node: unknown, found: Found, within = ""): void {
  if (Array.isArray(node)) {
    for (const each of node) visit(each, found, within);
    return;
  }
  if (!isNode(node)) return;
  if (node.type === "Identifier") {
    if (within === "declared") found.declared.add(node.name as string);
    else if (within === "type") found.types.add(node.name as string);
    else found.values.add(node.name as string);
    if (within === "called") found.called.add(node.name as string);
  }
  for (const [name, child] of Object.entries(node)) {
    if (name === "type" || (!node.computed && ownNames[node.type]?.includes(name))) continue;
    visit(child, found, roleOf(node, name, within));
  }
}

function roleOf({ type }: Node, child: string, within: string): string {
  if (declarations[type]?.includes(child)) return "declared";
  if ((type === "CallExpression" || type === "NewExpression") && child === "callee") return "called";
  if (type === "TSTypeReference" && child === "typeName") return "type";
  if (type === "TSTypeQuery" || child === "typeAnnotation") return "";
  // The value of a default is used, whatever it stands in.
  return within === "declared" && !(type === "AssignmentPattern" && child === "right") ? within : "";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
