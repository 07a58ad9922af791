import { expect, test } from "vitest";
import { asksForFigure, asksForFile } from "./selection.ts";

test("a filter asks for ids by their leading parts", () => {
  expect(asksForFigure([], "local.moleculer")).toBe(true);
  expect(asksForFigure(["local"], "local.moleculer.bare")).toBe(true);
  expect(asksForFigure(["local.moleculer"], "local.moleculer.bare")).toBe(true);
  expect(asksForFigure(["local.moleculer.bare"], "local.moleculer")).toBe(false);
  expect(asksForFigure(["loc"], "local.moleculer")).toBe(false);
  expect(asksForFigure(["durable", "local"], "local.moleculer")).toBe(true);
});

test("only the files that may hold what is asked for are run", () => {
  expect(asksForFile([], "local")).toBe(true);
  expect(asksForFile(["local"], "local")).toBe(true);
  expect(asksForFile(["local.moleculer.bare"], "local")).toBe(true);
  expect(asksForFile(["rpc"], "local")).toBe(false);
  expect(asksForFile(["localities"], "local")).toBe(false);
  expect(asksForFile(["durable", "local.moleculer"], "local")).toBe(true);
});
