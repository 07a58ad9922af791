import { expect, test } from "vitest";
import { type Feature, features } from "./features.ts";

const standIns = Object.entries(features as Readonly<Record<string, Feature>>).flatMap(([name, { standIn }]) =>
  standIn ? [[name, standIn] as const] : [],
);

test.each(standIns)("what stands in for a module without %s exports all that the module does", async (_, standIn) => {
  const [real, without] = await Promise.all([import(standIn.module), import(standIn.file)]);
  expect(Object.keys(without)).toEqual(expect.arrayContaining(Object.keys(real)));
});
