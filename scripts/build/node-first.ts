import type { Plugin } from "rolldown";

const checking = "require-node";

/**
 * Lets an old Node say which one is needed. Its check runs before all else: it is the first import of every entry point but
 * those that browsers load; and `node:sqlite`, which an old Node refuses before anything has run, is asked for when run.
 */
export function nodeFirst({ except }: { readonly except: readonly string[] }): Plugin {
  return {
    name: "node-first",
    renderChunk(code, { name, isEntry }) {
      const lazy = code.replace(
        /^import (\{[^}]*\}) from "node:sqlite";$/gm,
        (_, names: string) => `const ${names.replaceAll(" as ", ": ")} = process.getBuiltinModule("node:sqlite");`,
      );
      if (!isEntry || name === checking || except.includes(name)) return { code: lazy, map: null };
      // On the first line, so that the source map stays right.
      return { code: `import "./${checking}.js"; ${lazy}`, map: null };
    },
  };
}
