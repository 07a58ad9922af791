import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { judgeEntryPoints } from "./judge-entry-points.ts";
import { namedFiles } from "./named-files.ts";
import { pack } from "./pack.ts";

/** What stays at home: tests, their fixtures, compiler state. */
const unwanted = /\.(test|test-d|bench|fixture)\.|\.tsbuildinfo$|(^|\/)\.env|node_modules\//;

/** Packs a package and says what a user of it would stumble over. */
export async function judgePackage(folder: string): Promise<string[]> {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { name, files, tarball } = await pack(folder);
  const { messages } = await publint({ pack: { tarball }, level: "suggestion", strict: true });
  const wrong = [
    ...messages.map((message) => formatMessage(message, manifest) ?? message.code),
    ...missingFrom(manifest, files),
    ...files.filter((path) => unwanted.test(path)).map((path) => `${path} is packed; leave it out of "files"`),
    ...files.flatMap((path) => lostBeside(folder, path, files)),
    ...judgeReadme(folder, manifest.name),
    ...(await judgeEntryPoints(folder, manifest)),
  ];
  return wrong.map((text) => `${name}: ${text}`);
}

function missingFrom(manifest: Record<string, unknown>, files: readonly string[]): string[] {
  const fields = ["description", "license", "engines", "exports"].filter((field) => !manifest[field]);
  const wanted = ["README.md", "LICENSE"].filter((path) => !files.includes(path));
  return [...fields.map((field) => `package.json has no "${field}"`), ...wanted.map((path) => `${path} is not packed`)];
}

/** What a module starts a thread from has to lie beside it, wherever the build has put that module. */
function lostBeside(folder: string, path: string, files: readonly string[]): string[] {
  if (!/^dist\/.*\.js$/.test(path)) return [];
  return namedFiles(path, readFileSync(join(folder, path), "utf8"))
    .map((file) => posix.join(posix.dirname(path), file))
    .filter((file) => !files.includes(file))
    .map((file) => `${path} needs ${file}, which is not packed`);
}

function judgeReadme(folder: string, name: string): string[] {
  const path = join(folder, "README.md");
  if (!existsSync(path)) return [];
  if (statSync(path).size < 200) return ["README.md says next to nothing"];
  return readFileSync(path, "utf8").startsWith(`# ${name}\n`) ? [] : [`README.md does not begin with "# ${name}"`];
}
