import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

const file = new URL("../../packages/contract/src/reason-data.ts", import.meta.url);

export interface ReasonShapes {
  /** By reason: the type of its data, as TypeScript. */
  readonly byReason: ReadonlyMap<string, string>;
  /** The interfaces that those name, as TypeScript. */
  readonly named: readonly string[];
}

/** What `reason-data.ts` says of the `data` of each reason. */
export function reasonShapes(): ReasonShapes {
  const text = readFileSync(file, "utf8");
  const byReason = new Map<string, string>();
  const named: string[] = [];
  for (const statement of parseSync("reason-data.ts", text).program.body) {
    const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declared?.type !== "TSInterfaceDeclaration") continue;
    if (declared.id.name !== "DataByReason") {
      named.push(text.slice(declared.start, declared.end));
      continue;
    }
    for (const member of declared.body.body) {
      if (member.type !== "TSPropertySignature" || member.key.type !== "Identifier" || !member.typeAnnotation) continue;
      const { start, end } = member.typeAnnotation.typeAnnotation;
      byReason.set(member.key.name, outdented(text.slice(start, end)));
    }
  }
  return { byReason, named };
}

function outdented(text: string): string {
  return text
    .replaceAll("\n  ", "\n")
    .replaceAll(/\breadonly /g, "")
    .replace(/^\| /, "");
}
