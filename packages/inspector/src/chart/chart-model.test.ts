import { expect, test } from "vitest";
import { chartModel } from "./chart-model.ts";

const edges = (definition: object) =>
  chartModel(definition).edges.map(({ from, to, kind, lines }) => ({ from, to, kind, lines }));

test("events, always, after, done and invocations all become edges, with their guards", () => {
  const definition = {
    id: "m",
    initial: "a",
    states: {
      a: {
        on: { go: "b", stay: {}, maybe: [{ guard: "ready", target: "b" }] },
        always: { guard: { type: "broken" }, target: "c" },
        after: { retry: { target: "c" } },
      },
      b: { invoke: { src: "work", onDone: "c", onError: [{ target: "a", guard: "again" }] } },
      c: { type: "final" },
    },
  };
  expect(edges(definition)).toEqual([
    { from: "a", to: "b", kind: "event", lines: ["go", "maybe [ready]"] },
    { from: "a", to: "c", kind: "always", lines: ["[broken]", "after retry"] },
    { from: "b", to: "c", kind: "done", lines: ["work done"] },
    { from: "b", to: "a", kind: "error", lines: ["work failed [again]"] },
    { from: "(initial)", to: "a", kind: "initial", lines: [] },
  ]);
});

test("targets are found by id, below an id, below the state and beside it", () => {
  const definition = {
    id: "m",
    initial: "a",
    on: { stop: ".z" },
    states: {
      a: {
        initial: "x",
        states: { x: { on: { id: "#other", path: "#m.a.y", beside: "y" } }, y: {} },
        on: { below: ".y" },
      },
      b: { id: "other", on: { deep: "a.y", nowhere: "missing" } },
      z: { type: "final" },
    },
  };
  const found = edges(definition).filter(({ kind }) => kind === "event");
  expect(found).toEqual([
    { from: "*", to: "z", kind: "event", lines: ["stop"] },
    { from: "a", to: "a.y", kind: "event", lines: ["below"] },
    { from: "a.x", to: "b", kind: "event", lines: ["id"] },
    { from: "a.x", to: "a.y", kind: "event", lines: ["path", "beside"] },
    { from: "b", to: "a.y", kind: "event", lines: ["deep"] },
  ]);
});

test("what a state handles without leaving it, and what it invokes, stand in it", () => {
  const { roots } = chartModel({
    states: { a: { on: { note: { actions: "x" } }, invoke: [{ src: "one" }, { src: { type: "two" } }] } },
    on: { poke: {} },
  });
  expect(roots).toMatchObject([
    { id: "a", handles: ["note"], invokes: ["one", "two"] },
    { id: "*", kind: "any", handles: ["poke"] },
  ]);
});

test("a chart of too many states is refused", () => {
  const states = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`s${index}`, {}]));
  expect(() => chartModel({ states })).toThrow("more than 300 states");
});

test("anything but a machine gives an empty chart", () => {
  expect(chartModel({ id: "promise" })).toEqual({ roots: [], edges: [] });
  expect(chartModel({ states: null, on: 7, initial: {} } as object).edges).toEqual([]);
});
