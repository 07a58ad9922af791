import { parseSync, Visitor } from "oxc-parser";

/** The modules that one names beside itself, `new URL("./thread.js", import.meta.url)`, which no bundler and no import follows. */
export function namedFiles(path: string, text: string): string[] {
  const found: string[] = [];
  new Visitor({
    NewExpression({ callee, arguments: [file, base] }) {
      if (callee.type !== "Identifier" || callee.name !== "URL" || file?.type !== "Literal") return;
      if (base?.type !== "MemberExpression" || base.object.type !== "MetaProperty") return;
      if (typeof file.value === "string" && /^\.\/.*\.js$/.test(file.value)) found.push(file.value);
    },
  }).visit(parseSync(path, text).program);
  return found;
}
