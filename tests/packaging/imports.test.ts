import { build as bundle } from "esbuild";
import { beforeAll, expect, test } from "vitest";
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
