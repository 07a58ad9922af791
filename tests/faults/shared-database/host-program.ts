import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = join(root, "node_modules/.cache/shared-database");
const file = join(folder, "host.mjs");
/** When each of the sources was written that the file is made of, by path. */
const sourcesFile = join(folder, "sources.json");

let made: Promise<string> | undefined;

/**
 * The path of the program of a host, its sources and their packages in one file: to find and load a thousand took four fifths
 * of a start, and these tests start forty hosts. Made anew when a source has changed.
 */
export function hostProgram(): Promise<string> {
  made ??= isCurrent() ? Promise.resolve(file) : bundle();
  return made;
}

function isCurrent(): boolean {
  try {
    const sources = Object.entries(JSON.parse(readFileSync(sourcesFile, "utf8")) as Record<string, number>);
    return statSync(file).isFile() && sources.every(([path, time]) => statSync(path).mtimeMs === time);
  } catch {
    return false;
  }
}

async function bundle(): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("./host.fixture.ts", import.meta.url))],
    ...{ bundle: true, write: false, metafile: true, logLevel: "error" },
    ...{ platform: "node", format: "esm", target: "node24", conditions: ["reeve-source"] },
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` },
    external: ["pg-native"],
    plugins: [ownUrls],
  });
  const paths = Object.keys(metafile.inputs).map((path) => join(process.cwd(), path));
  const times = Object.fromEntries(paths.map((path) => [path, statSync(path).mtimeMs]));
  mkdirSync(folder, { recursive: true });
  place(file, outputFiles[0]!.text);
  place(sourcesFile, JSON.stringify(times));
  return file;
}

/** Others may be reading it, or writing it as well. */
function place(path: string, text: string): void {
  const written = `${path}.${process.pid}`;
  writeFileSync(written, text);
  renameSync(written, path);
}

/** Threads are started from their sources, by the URL of the module that starts them. */
const ownUrls: Plugin = {
  name: "own-urls",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll("import.meta.url", url), loader: "ts" };
    });
  },
};
