import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { findCycles } from "./levels/cycles.ts";
import { judgeTree } from "./levels/judge-tree.ts";
import { importsOf } from "./levels/source-imports.ts";

const run = promisify(execFile);
const script = new URL("./check-levels.ts", import.meta.url).pathname;

const manifest = (name: string, fields: object = {}) => JSON.stringify({ name, ...fields });
const runtime = "packages/runtime/src";

/** A small workspace in which every rule holds. */
const sound: Readonly<Record<string, string>> = {
  "package.json": manifest("root", { devDependencies: { vitest: "1" } }),
  "packages/contract/package.json": manifest("@reeve/contract"),
  "packages/contract/src/index.ts": `export { code } from "./code.ts";`,
  "packages/contract/src/code.ts": `export const code = 1;`,
  "packages/runtime/package.json": manifest("@reeve/runtime", {
    dependencies: { "@reeve/contract": "1", "@reeve/driver-sdk": "1", pino: "1" },
    peerDependencies: { xstate: "1" },
    devDependencies: { zod: "1" },
  }),
  [`${runtime}/index.ts`]: `export { store } from "./store/store.ts";`,
  [`${runtime}/base/clock.ts`]: `import { performance } from "node:perf_hooks"; export const clock = performance;`,
  [`${runtime}/telemetry/log.ts`]: `import { pino } from "pino"; export const log = pino;`,
  [`${runtime}/store/store.ts`]: `import { code } from "@reeve/contract"; import { clock } from "../base/clock.ts"; export const store = [code, clock];`,
  [`${runtime}/store/sqlite/driver.ts`]: `import { store } from "../store.js"; export const driver = store;`,
  [`${runtime}/store/store.test.ts`]: `import { test } from "vitest"; import { z } from "zod"; import { help } from "./help.fixture.ts"; test(z, help);`,
  [`${runtime}/store/help.fixture.ts`]: `export const help = 1;`,
  [`${runtime}/transport/transport.ts`]: `export interface Transport {}`,
  [`${runtime}/lifecycle/machine.ts`]: `import { setup } from "xstate"; export const machine = setup;`,
  "packages/managers/package.json": manifest("@reeve/managers", {
    dependencies: { "@reeve/runtime": "1" },
    devDependencies: { xstate: "1" },
  }),
  "packages/managers/src/machine.test.ts": `import { createActor } from "xstate"; createActor();`,
  "packages/managers/src/index.ts": `import { store } from "@reeve/runtime"; export const manager = store;`,
  "packages/drivers/file-volumes/package.json": manifest("@reeve/file-volumes"),
  "packages/drivers/file-volumes/src/index.ts": `export const volumes = 1;`,
  "tests/package.json": manifest("@reeve/tests", { dependencies: { "@reeve/managers": "1", xstate: "1" } }),
  "tests/flow.test.ts": `import { manager } from "@reeve/managers"; import { createActor } from "xstate"; createActor(manager);`,
};

function plant(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "reeve-levels-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries({ ...sound, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test("a tree in which every rule holds passes", () => {
  expect(judgeTree(plant({}))).toEqual([]);
});

test.each<[rule: string, path: string, text: string, complaint: string | RegExp]>([
  [
    "a folder imports a higher level",
    `${runtime}/base/clock.ts`,
    `\n\nimport { log } from "../telemetry/log.ts"; export const clock = log;`,
    `${runtime}/base/clock.ts:3 imports telemetry/ (level 1) from base/ (level 0); only lower levels may be imported`,
  ],
  [
    "a folder imports another of its own level",
    `${runtime}/transport/transport.ts`,
    `import { store } from "../store/store.ts"; export const transport = store;`,
    "imports store/ (level 2) from transport/ (level 2)",
  ],
  [
    "a higher level is imported for its types only",
    `${runtime}/base/clock.ts`,
    `import type { Transport } from "../transport/transport.ts"; export type Clock = Transport;`,
    "imports transport/ (level 2) from base/ (level 0)",
  ],
  [
    "a higher level hides in import()",
    `${runtime}/base/clock.ts`,
    `export const clock = () => import("../telemetry/log.ts");`,
    "imports telemetry/ (level 1) from base/ (level 0)",
  ],
  [
    "a higher level hides in a type",
    `${runtime}/base/clock.ts`,
    `export type Clock = import("../transport/transport.ts").Transport;`,
    "imports transport/ (level 2) from base/ (level 0)",
  ],
  [
    "a higher level is re-exported",
    `${runtime}/base/clock.ts`,
    `export { log } from "../telemetry/log.ts";`,
    "imports telemetry/ (level 1) from base/ (level 0)",
  ],
  [
    "a test imports a higher level",
    `${runtime}/base/clock.test.ts`,
    `import { log } from "../telemetry/log.ts"; log();`,
    "imports telemetry/ (level 1) from base/ (level 0)",
  ],
  [
    "a folder imports an entry point",
    `${runtime}/store/store.ts`,
    `import { x } from "../nats.ts"; export const store = x;`,
    "imports an entry point (level 8) from store/ (level 2)",
  ],
  [
    "a package imports a higher one",
    "packages/contract/src/code.ts",
    `import { store } from "@reeve/runtime"; export const code = store;`,
    "imports @reeve/runtime (level 2) from @reeve/contract (level 0)",
  ],
  [
    "contract imports something of ours",
    "packages/contract/src/code.ts",
    `import type { Volumes } from "@reeve/file-volumes"; export type Code = Volumes;`,
    "imports @reeve/file-volumes (level 3) from @reeve/contract (level 0)",
  ],
  [
    "a manager imports a driver",
    "packages/managers/src/index.ts",
    `import { volumes } from "@reeve/file-volumes"; export const manager = volumes;`,
    "imports @reeve/file-volumes (level 3) from @reeve/managers (level 3)",
  ],
  [
    "a package imports itself by name",
    `${runtime}/base/clock.ts`,
    `import { store } from "@reeve/runtime"; export const clock = store;`,
    "imports its own package by name (@reeve/runtime)",
  ],
  [
    "a package is reached by path",
    "packages/managers/src/index.ts",
    `import { code } from "../../contract/src/code.ts"; export const manager = code;`,
    "reaches into @reeve/contract by path (packages/contract/src/code.ts)",
  ],
  [
    "xstate is imported outside lifecycle",
    `${runtime}/store/store.ts`,
    `import { createActor } from "xstate"; export const store = createActor;`,
    "imports xstate outside packages/runtime/src/lifecycle/",
  ],
  [
    "a test imports xstate outside lifecycle",
    `${runtime}/store/store.test.ts`,
    `import { createActor } from "xstate"; createActor();`,
    "imports xstate outside packages/runtime/src/lifecycle/",
  ],
  [
    "another package imports xstate",
    "packages/managers/src/index.ts",
    `import { createActor } from "xstate"; export const manager = createActor;`,
    "imports xstate outside packages/runtime/src/lifecycle/",
  ],
  [
    "a dependency is not declared",
    `${runtime}/store/store.ts`,
    `import { nanoid } from "nanoid/async"; export const store = nanoid;`,
    "imports nanoid, which is not in the dependencies of packages/runtime",
  ],
  [
    "a development dependency is used by what is published",
    `${runtime}/store/store.ts`,
    `import { z } from "zod"; export const store = z;`,
    "imports zod, which is not in the dependencies of packages/runtime",
  ],
  [
    "a test's helper is used by what is published",
    `${runtime}/store/store.ts`,
    `import { help } from "./help.fixture.ts"; export const store = help;`,
    `imports ${runtime}/store/help.fixture.ts, which is not published`,
  ],
  ["everything is re-exported", "packages/contract/src/index.ts", `export * from "./code.ts";`, "re-exports all of"],
  [
    "everything is re-exported under a name",
    "packages/contract/src/index.ts",
    `export * as codes from "./code.ts";`,
    "re-exports all of ./code.ts; name what is exported",
  ],
  [
    "an import leads nowhere",
    "packages/contract/src/index.ts",
    `import { gone } from "./gone.ts"; export { gone };`,
    "imports ./gone.ts, which is not there",
  ],
  [
    "a machine's path is imported",
    "packages/contract/src/index.ts",
    `import { gone } from "/srv/gone.ts"; export { gone };`,
    "imports /srv/gone.ts, which is not there",
  ],
  [
    "files import each other",
    "packages/contract/src/code.ts",
    `import { code as other } from "./index.ts"; export const code = other;`,
    "is in an import cycle: packages/contract/src/code.ts, packages/contract/src/index.ts",
  ],
  [
    "files import each other for their types",
    "packages/contract/src/code.ts",
    `import type { code as other } from "./index.ts"; export const code: typeof other = 1;`,
    "is in an import cycle",
  ],
  [
    "a folder of the runtime has no level",
    `${runtime}/utils/text.ts`,
    `export const text = 1;`,
    "packages/runtime/src/utils has no level",
  ],
  ["a package has no level", "packages/extra/src/index.ts", `export const extra = 1;`, "packages/extra has no level"],
])("refused: %s", (_, path, text, complaint) => {
  const complaints = judgeTree(
    plant({
      [`${runtime}/nats.ts`]: `export const x = 1;`,
      ...(path.startsWith("packages/extra") && { "packages/extra/package.json": manifest("@reeve/extra") }),
      [path]: text,
    }),
  );
  expect(complaints).toEqual([expect.stringContaining(complaint as string)]);
});

test("the command fails on a planted violation and says where", async () => {
  const planted = plant({ [`${runtime}/base/clock.ts`]: `import "../store/store.ts";` });
  await expect(run(process.execPath, [script, planted])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${runtime}/base/clock.ts:1 imports store/ (level 2)`),
  });
  await expect(run(process.execPath, [script, plant({})])).resolves.toMatchObject({ stderr: "" });
});

test("a tree without sources fails instead of passing unseen", () => {
  const root = mkdtempSync(join(tmpdir(), "reeve-levels-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  expect(judgeTree(root)).toEqual([expect.stringContaining("no source files found")]);
});

test("every way to name a module is found with its line, and text that only looks like one is not", () => {
  const text = `import a from "a";
import type { b } from "b"; import { type c } from "c"; import "d";
export { e } from "e"; export type { f } from "f"; export * from "g";
const h = await import("h"); const i = require("i"); type J = import("j").T;
import k = require("k");
// import l from "l"
const m = 'import m from "m"'; const n = import(a);
declare module "o" {}`;
  expect(importsOf("x.ts", text).map(({ specifier, line, star }) => `${specifier}${line}${star ? "*" : ""}`)).toEqual([
    "a1",
    "b2",
    "c2",
    "d2",
    "e3",
    "f3",
    "g3*",
    "h4",
    "i4",
    "j4",
    "k5",
  ]);
  expect(() => importsOf("x.ts", "import {")).toThrow("x.ts: ");
});

test("knots of a graph are found whole, however they are entangled", () => {
  const graph = { a: ["b"], b: ["c"], c: ["a", "d"], d: ["e"], e: ["d"], f: ["a", "f"], g: ["f", "gone"] };
  expect(findCycles(new Map(Object.entries(graph)))).toEqual([["d", "e"], ["a", "b", "c"], ["f"]]);
});
