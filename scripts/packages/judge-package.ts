import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { judgeEntryPoints } from "./judge-entry-points.ts";
import { namedFiles } from "./named-files.ts";
import { pack } from "./pack.ts";

/** What stays at home: tests, their fixtures, kits and programs, compiler state. */
const unwanted = /\.(test|test-d|bench|fixture|test-kit|test-program)\.|\.tsbuildinfo$|(^|\/)\.env|node_modules\//;

interface Manifest {
  readonly repository?: { readonly url: string; readonly directory?: string };
}

const wantedFields = ["description", "keywords", "license", "repository", "engines", "exports"];

/** Packs a package and says what a user of it would stumble over. */
export async function judgePackage(folder: string): Promise<string[]> {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { name, files, tarball } = await pack(folder);
  const { messages } = await publint({ pack: { tarball }, level: "suggestion", strict: true });
  const wrong = [
    ...messages.map((message) => formatMessage(message, manifest) ?? message.code),
    ...missingFrom(manifest, files),
    ...judgeHome(folder, manifest),
    ...files.filter((path) => unwanted.test(path)).map((path) => `${path} is packed; leave it out of "files"`),
    ...files.flatMap((path) => lostBeside(folder, path, files)),
    ...judgeReadme(folder, manifest.name),
    ...(await judgeEntryPoints(folder, manifest)),
  ];
  return wrong.map((text) => `${name}: ${text}`);
}

function missingFrom(manifest: object, files: readonly string[]): string[] {
  const fields = wantedFields.filter((field) => !(field in manifest));
  const wanted = ["README.md", "LICENSE"].filter((path) => !files.includes(path));
  return [...fields.map((field) => `package.json has no "${field}"`), ...wanted.map((path) => `${path} is not packed`)];
}

/** Where a package is kept is said once, by the workspace round it. */
function judgeHome(folder: string, { repository }: Manifest): string[] {
  const workspace = workspaceOf(folder);
  if (!repository || !workspace) return [];
  const { repository: home } = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")) as Manifest;
  const directory = relative(workspace, folder).replaceAll("\\", "/");
  if (repository.url === home?.url && repository.directory === directory) return [];
  return [`package.json: repository: expected ${JSON.stringify({ ...home, directory })}`];
}

function workspaceOf(folder: string): string | undefined {
  if (existsSync(join(folder, "pnpm-workspace.yaml"))) return folder;
  return dirname(folder) === folder ? undefined : workspaceOf(dirname(folder));
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
