import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { judgePackage } from "./packages/judge-package.ts";

const manifest = {
  name: "@reeve/sound",
  version: "0.1.0",
  description: "A package with nothing wrong.",
  keywords: ["actors"],
  license: "Apache-2.0",
  repository: { type: "git", url: "git+https://reeve.example/reeve.git" },
  type: "module",
  engines: { node: ">=22.18" },
  sideEffects: false,
  files: ["dist"],
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
};

const sound: Readonly<Record<string, string>> = {
  "README.md": `# @reeve/sound\n\n${"What it does, for whom, and how to begin. ".repeat(8)}\n`,
  LICENSE: "Apache License\n",
  "dist/index.js": "export const sound = true;\n",
  "dist/index.d.ts": "export declare const sound: boolean;\n",
};

function plant(changes: object, files: Readonly<Record<string, string | undefined>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "reeve-package-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const all = { "package.json": JSON.stringify({ ...manifest, ...changes }), ...sound, ...files };
  for (const [path, text] of Object.entries(all)) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test("a package with nothing wrong passes", async () => {
  expect(await judgePackage(plant({}))).toEqual([]);
});

test.each<[fault: string, changes: object, files: Record<string, string | undefined>, complaint: RegExp]>([
  ["an export leads nowhere", { exports: { ".": "./dist/gone.js" } }, {}, /gone\.js/],
  [
    "an export's types come too late",
    { exports: { ".": { default: "./dist/index.js", types: "./dist/index.d.ts" } } },
    {},
    /types/,
  ],
  ["an export is not packed", { files: ["src"] }, {}, /index\.js/],
  ["it says ESM and is CommonJS", {}, { "dist/index.js": "module.exports = require('fs');\n" }, /CJS|CommonJS/],
  ["it has no README", {}, { "README.md": undefined }, /README\.md is not packed/],
  ["its README is empty", {}, { "README.md": "# @reeve/sound\n" }, /README\.md says next to nothing/],
  [
    "its README is another's",
    {},
    { "README.md": `# @reeve/other\n${"x".repeat(300)}` },
    /does not begin with "# @reeve\/sound"/,
  ],
  ["it has no licence", {}, { LICENSE: undefined }, /LICENSE is not packed/],
  ["it packs a test", {}, { "dist/index.test.js": "export {};\n" }, /dist\/index\.test\.js is packed/],
  ["it packs a test kit", {}, { "dist/house.test-kit.js": "export {};\n" }, /house\.test-kit\.js is packed/],
  [
    "it packs a test program",
    {},
    { "dist/crash.test-program.js": "export {};\n" },
    /crash\.test-program\.js is packed/,
  ],
  ["it does not say where it is kept", { repository: undefined }, {}, /no "repository"/],
  [
    "it says another place than the workspace",
    {},
    { "pnpm-workspace.yaml": "packages: []\n" },
    /repository: expected .*"directory":""/,
  ],
  [
    "an entry point does not load",
    {},
    { "dist/index.js": 'import "./gone.js";\n' },
    /@reeve\/sound does not load: .*gone/,
  ],
  [
    "a thread's file is left out",
    {},
    { "dist/index.js": 'export const file = new URL("./thread.js", import.meta.url);\n' },
    /dist\/index\.js needs dist\/thread\.js/,
  ],
  ["it does not say what it needs", { engines: undefined }, {}, /no "engines"/],
])("refused: %s", async (_, changes, files, complaint) => {
  const wrong = await judgePackage(plant(changes, files));
  expect(wrong.join("\n")).toMatch(complaint);
});
