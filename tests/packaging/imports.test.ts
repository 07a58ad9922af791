import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build as bundle } from "esbuild";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { build } from "./packed.ts";

beforeAll(build, 240_000);

/** What an import of a package loads of others at once. */
async function loadedWith(entry: string): Promise<string[]> {
  const { metafile } = await bundle({
    stdin: { contents: `import ${JSON.stringify(entry)};`, resolveDir: import.meta.dirname },
    plugins: [
      {
        name: "others stay outside",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path }) =>
            path.startsWith("@reeve/") ? undefined : { path, external: true },
          ),
      },
    ],
    ...{ bundle: true, write: false, metafile: true, format: "esm", platform: "node", target: "node22" },
    ignoreAnnotations: true,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const loaded = imports.filter(({ kind, external }) => external && kind === "import-statement");
  return [...new Set(loaded.map(({ path }) => path))].filter((path) => !path.startsWith("node:")).sort();
}

// A simulator's certificate takes libraries that take 100 ms to load; most tests start none.
test("an import of @reeve/testing loads nothing that only a simulated switch needs", async () => {
  const loaded = await loadedWith("@reeve/testing");
  expect(loaded).toContain("zod");
  expect(loaded).not.toContain("selfsigned");
});

test("an import of the network managers, or of a driver, loads no test tools and no other driver", async () => {
  expect(await loadedWith("@reeve/managers/network")).not.toContain("undici");
  expect(await loadedWith("@reeve/driver-sdk/network")).toEqual(["zod"]);
  expect(await loadedWith("@reeve/linux-net")).toEqual(["zod"]);
  expect(await loadedWith("@reeve/cisco-net")).toEqual(["undici", "zod"]);
});

/** What is loaded by a program on the built packages: our files by name, Node's own modules by theirs. */
async function loadedBy(program: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "reeve-loaded-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const noting = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    process.chdir(${JSON.stringify(folder)});
    ${program}
    const builtins = process.moduleLoadList.map((line) => line.replace("NativeModule ", "node:"));
    console.log(JSON.stringify([...loaded.map((url) => url.replace(/.*\\//, "")), ...builtins]));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", noting], {
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" },
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

test("a supervisor on another store loads no SQLite; one that is given none does", async () => {
  const program = (store: string) => `
    const { createSupervisor } = await import("@reeve/runtime");
    const supervisor = createSupervisor({ host: "hall-01", ${store} log: { level: "silent" } });
    await supervisor.start().catch(() => {});
    await supervisor.stop().catch(() => {});
  `;
  const sqlite = (name: string) => /sqlite/.test(name);
  const another = await loadedBy(program('store: { open: () => Promise.reject(new Error("not here")) },'));
  expect(another).toContain("index.js");
  expect(another.filter(sqlite)).toEqual([]);
  expect((await loadedBy(program(""))).filter(sqlite)).toEqual(expect.arrayContaining(["sqlite.js", "node:sqlite"]));
});

test("the runtime loads no client of a server, and @reeve/nats one", async () => {
  expect(await loadedWith("@reeve/runtime")).not.toContain("@nats-io/transport-node");
  expect(await loadedWith("@reeve/runtime/transport")).toEqual([]);
  expect(await loadedWith("@reeve/nats")).toEqual(["@nats-io/transport-node"]);
});
