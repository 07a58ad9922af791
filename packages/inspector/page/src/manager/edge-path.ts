import type { Point } from "../../../src/chart/drawing.ts";

/** A line through the points with its corners rounded. */
export function edgePath(points: readonly Point[], radius = 8): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const parts = [`M${first.x},${first.y}`];
  rest.forEach((corner, index) => {
    const next = rest[index + 1];
    const before = index === 0 ? first : rest[index - 1]!;
    if (!next) parts.push(`L${corner.x},${corner.y}`);
    else {
      const start = towards(corner, before, radius);
      const end = towards(corner, next, radius);
      parts.push(`L${start.x},${start.y}Q${corner.x},${corner.y} ${end.x},${end.y}`);
    }
  });
  return parts.join("");
}

function towards(from: Point, to: Point, most: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(most, length / 2) / length;
  return { x: round(from.x + (to.x - from.x) * share), y: round(from.y + (to.y - from.y) * share) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
