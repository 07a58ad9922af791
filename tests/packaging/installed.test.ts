import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { build, packAll } from "./packed.ts";

const run = promisify(execFile);

beforeAll(build, 240_000);

/** Two managers, one of which calls the other. */
const program = `
  import { call, contract } from "@reeve/contract";
  import { fileVolumes } from "@reeve/file-volumes";
  import { schedulerManager } from "@reeve/managers/scheduler";
  import { volumeManager, volumes } from "@reeve/managers/volume";
  import { createSupervisor } from "@reeve/runtime";
  import { mkdirSync } from "node:fs";
  mkdirSync("images");
  const supervisor = createSupervisor({ host: "hall-01", log: { level: "error" } });
  supervisor.spawn(schedulerManager);
  supervisor.spawn(volumeManager, { driver: () => fileVolumes({ root: "images" }) });
  supervisor.handleSignals();
  await supervisor.start();
  const volume = await supervisor.ref(volumes).create({ name: "db", sizeGiB: 1 });
  console.log(volume.status);
  await supervisor.stop();
`;

/** With this, nothing is skipped: npm takes a minute, so it comes only then. */
const all = process.env.REEVE_TEST_ALL === "true";

/** A user's project: what it needs comes from tarballs and the registry, into a home where nothing is. */
async function project() {
  const folder = mkdtempSync(join(tmpdir(), "reeve-installed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tarballs = await packAll(join(folder, "tarballs"));
  const home = join(folder, "home");
  const own = join(folder, "project");
  mkdirSync(home);
  mkdirSync(own);
  const files = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  writeFileSync(join(own, "program.mjs"), program);
  // Of the variables that steer package managers, none of the workspace's own.
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^p?npm_|^NODE_(OPTIONS|PATH|ENV)$|^HOME$|^XDG_|^CI$/i.test(name),
  );
  const env = {
    ...Object.fromEntries(kept),
    HOME: home,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  };
  const write = (name: string, content: object) => writeFileSync(join(own, name), JSON.stringify(content));
  return { own, files, env, write };
}

const manifest = { name: "hall", version: "1.0.0", private: true, type: "module" };

/** Asked first: without an answer an install tries for minutes, and then fails. It takes less than a second. */
async function isRegistryInReach({ own, env }: Pick<Awaited<ReturnType<typeof project>>, "own" | "env">) {
  return run("pnpm", ["view", "xstate", "version"], { cwd: own, env, timeout: 20_000 }).then(
    () => true,
    (error: { readonly killed?: boolean }) => {
      if (error.killed) return false;
      throw error;
    },
  );
}

test("`pnpm install` of the packages ends with 0, from an empty home, and the program runs", async ({ skip }) => {
  const { own, files, env, write } = await project();
  if (!all && !(await isRegistryInReach({ own, env }))) skip("the package registry is out of reach");
  write("package.json", { ...manifest, dependencies: { ...files, xstate: "^5.33.0", zod: "^4.6.0" } });
  // The packages need each other by version, and no registry has them.
  write("pnpm-workspace.yaml", { packages: ["."], overrides: files });
  await run("pnpm", ["install"], { cwd: own, env });
  const { stdout } = await run(process.execPath, ["program.mjs"], { cwd: own, env });
  expect(stdout).toBe("available\n");
}, 240_000);

test.skipIf(!all)(
  "`npm install` of them too (skipped without REEVE_TEST_ALL=true)",
  async () => {
    const { own, files, env, write } = await project();
    write("package.json", {
      ...manifest,
      dependencies: { ...files, xstate: "^5.33.0", zod: "^4.6.0" },
      overrides: files,
    });
    await run("npm", ["install"], { cwd: own, env });
    const { stdout } = await run(process.execPath, ["program.mjs"], { cwd: own, env });
    expect(stdout).toBe("available\n");
  },
  240_000,
);
