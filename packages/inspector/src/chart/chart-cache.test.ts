import { expect, test } from "vitest";
import { ChartCache } from "./chart-cache.ts";
import type { DrawnNode } from "./drawing.ts";

const definition = {
  id: "m",
  initial: "a",
  states: {
    a: { on: { go: "b.x" } },
    b: { initial: "x", states: { x: { on: { next: "y" } }, y: { on: { out: "#m.a" } } } },
  },
};

test("children lie inside their parents, nothing overlaps, and every edge ends at its states", async () => {
  const { nodes, edges, width, height } = await new ChartCache().drawing("k", definition);
  const at = (id: string): DrawnNode => nodes.find((node) => node.id === id)!;
  for (const child of ["b.x", "b.y"]) expect(contains(at("b"), at(child))).toBe(true);
  expect(overlap(at("a"), at("b"))).toBe(false);
  expect(overlap(at("b.x"), at("b.y"))).toBe(false);
  for (const node of nodes)
    expect(node.x >= 0 && node.y >= 0 && node.x + node.width <= width && node.y + node.height <= height).toBe(true);
  expect(edges).toHaveLength(5);
  for (const { from, to, points } of edges) {
    expect(touches(at(from), points[0]!), `${from} → ${to} starts`).toBe(true);
    expect(touches(at(to), points.at(-1)!), `${from} → ${to} ends`).toBe(true);
  }
  expect(edges.find(({ to }) => to === "b.y")?.label).toMatchObject({ lines: ["next"] });
});

test("a definition is laid out once, however many ask", async () => {
  const cache = new ChartCache();
  const [one, other] = await Promise.all([cache.drawing("k", definition), cache.drawing("k", definition)]);
  expect(one).toBe(other);
});

test("a definition that cannot be laid out is refused, and tried again when asked again", async () => {
  const cache = new ChartCache();
  const states = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`s${index}`, {}]));
  await expect(cache.drawing("k", { states })).rejects.toThrow("more than 300 states");
  expect((await cache.drawing("k", definition)).nodes.length).toBeGreaterThan(3);
});

function contains(outer: DrawnNode, inner: DrawnNode): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function overlap(one: DrawnNode, other: DrawnNode): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function touches({ x, y, width, height }: DrawnNode, point: { x: number; y: number }): boolean {
  return point.x >= x - 1 && point.x <= x + width + 1 && point.y >= y - 1 && point.y <= y + height + 1;
}
