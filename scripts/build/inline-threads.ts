import { dirname, resolve } from "node:path";
import { type Plugin, rolldown } from "rolldown";

const entry = /new URL\("(\.\/[\w-]+-thread\.ts)", import\.meta\.url\)/g;

/** Puts the text of a thread, all that it imports in it, in the place of the URL of its file: a user's bundle has no such file. */
export function inlineThreads(seen: (moduleIds: readonly string[]) => void): Plugin {
  return {
    name: "inline-threads",
    transform: {
      filter: { code: /-thread\.ts", import\.meta\.url/ },
      async handler(code, id) {
        const texts = new Map<string, string>();
        for (const [expression, file] of code.matchAll(entry)) {
          texts.set(expression, JSON.stringify(await textOf(resolve(dirname(id), file!), seen)));
        }
        return { code: code.replaceAll(entry, (expression) => texts.get(expression)!), map: null };
      },
    },
  };
}

/** As CommonJS: that is what a thread takes its text for. */
async function textOf(file: string, seen: (moduleIds: readonly string[]) => void): Promise<string> {
  const bundle = await rolldown({ input: file, platform: "node", transform: { target: "es2024" } });
  const { output } = await bundle.generate({ format: "cjs", codeSplitting: false, minify: true, comments: false });
  await bundle.close();
  if (output.length > 1) throw new Error(`${file}: a thread is one file, and this one became ${output.length}`);
  seen(output[0].moduleIds);
  return output[0].code;
}
