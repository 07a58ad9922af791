import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Feature, features } from "./features.ts";
import { rewritten } from "./stand-in.ts";

const standIns = Object.entries(features as Readonly<Record<string, Feature>>).flatMap(([name, { standIn }]) =>
  standIn ? [[name, standIn] as const] : [],
);

test.each(standIns)("what stands in for a module without %s exports all that the module does", async (_, standIn) => {
  if ("passage" in standIn) {
    const source = readFileSync(fileURLToPath(standIn.module), "utf8");
    expect(rewritten(source, standIn)).not.toBe(source);
    expect(() => rewritten("", standIn)).toThrow("not written there any more");
    return;
  }
  const [real, without] = await Promise.all([import(standIn.module), import(standIn.file)]);
  expect(Object.keys(without)).toEqual(expect.arrayContaining(Object.keys(real)));
});
