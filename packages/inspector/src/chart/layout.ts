import type { ElkExtendedEdge, ElkNode, ElkPoint } from "elkjs/lib/elk-api.js";
import type { ChartModel, ModelEdge, ModelNode } from "./chart-model.ts";
import type { ChartDrawing, DrawnEdge, DrawnNode, Point } from "./drawing.ts";

/** Widths of letters in the page's fonts, in pixels, on the generous side: the server has no fonts to measure with. */
const letter = { title: 7.7, line: 6.4, label: 6.6 };
/** In letters. */
const longLabel = 16;
const lineHeight = { node: 17, label: 15 };

/** Chosen by trial for charts that are narrow enough to be read beside other things. */
const options = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.edgeLabels.inline": "true",
  "elk.layered.edgeLabels.centerLabelPlacementStrategy": "WIDEST_LAYER",
  "elk.layered.nodePlacement.strategy": "LINEAR_SEGMENTS",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.spacing.nodeNodeBetweenLayers": "24",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "10",
  "elk.spacing.edgeLabel": "2",
  "elk.padding": "[top=16,left=16,bottom=16,right=16]",
};

/** What ELK is asked to lay out. */
export function layoutGraph({ roots, edges }: ChartModel): ElkNode {
  return {
    id: "chart",
    layoutOptions: options,
    children: roots.map(elkNode),
    edges: edges.map(elkEdge),
  };
}

/** ELK's answer in absolute coordinates. */
export function drawingOf(laidOut: ElkNode, { roots, edges }: ChartModel): ChartDrawing {
  const models = new Map<string, ModelNode>();
  const origins = new Map<string, Point>([["chart", { x: 0, y: 0 }]]);
  const nodes: DrawnNode[] = [];
  const remember = (node: ModelNode): void => {
    models.set(node.id, node);
    node.children.forEach(remember);
  };
  roots.forEach(remember);

  function place(parent: ElkNode, origin: Point): void {
    for (const child of parent.children ?? []) {
      const at = { x: origin.x + (child.x ?? 0), y: origin.y + (child.y ?? 0) };
      origins.set(child.id, at);
      const { children: _, ...model } = models.get(child.id)!;
      nodes.push({ ...model, ...at, width: child.width ?? 0, height: child.height ?? 0 });
      place(child, at);
    }
  }
  place(laidOut, { x: 0, y: 0 });

  const elkEdges = new Map(allEdges(laidOut).map((edge) => [edge.id, edge]));
  return {
    width: laidOut.width ?? 0,
    height: laidOut.height ?? 0,
    nodes,
    edges: edges.flatMap((edge) => {
      const elk = elkEdges.get(edge.id);
      return elk ? [drawnEdge(edge, elk, origins)] : [];
    }),
  };
}

function drawnEdge(edge: ModelEdge, elk: ElkExtendedEdge, origins: ReadonlyMap<string, Point>): DrawnEdge {
  const { x, y } = origins.get((elk as { container?: string }).container ?? "chart") ?? { x: 0, y: 0 };
  const moved = (point: ElkPoint): Point => ({ x: point.x + x, y: point.y + y });
  const points = (elk.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(moved),
  );
  const [label] = elk.labels ?? [];
  const { lines: _, ...rest } = edge;
  if (!label) return { ...rest, points };
  const at = moved({ x: label.x ?? 0, y: label.y ?? 0 });
  return {
    ...rest,
    points,
    label: { ...at, width: label.width ?? 0, height: label.height ?? 0, lines: wrapped(edge) },
  };
}

function allEdges(node: ElkNode): ElkExtendedEdge[] {
  return [...(node.edges ?? []), ...(node.children ?? []).flatMap(allEdges)];
}

function elkNode(node: ModelNode): ElkNode {
  const { id, kind, label, invokes, handles, children } = node;
  if (kind === "initial") return { id, width: 12, height: 12 };
  const lines = [...invokes.map((name) => `${name}  `), ...(kind === "any" ? handles : [])];
  const width = Math.max(label.length * letter.title + 58, ...lines.map((line) => line.length * letter.line + 44), 92);
  const height = 36 + lines.length * lineHeight.node + (lines.length > 0 ? 6 : 0);
  if (children.length === 0) return { id, width, height };
  return {
    id,
    children: children.map(elkNode),
    layoutOptions: {
      "elk.padding": `[top=${height + 6},left=18,bottom=18,right=18]`,
      "elk.nodeSize.minimum": `(${width},0)`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
    },
  };
}

/** A guard goes on a line of its own where the label would be long. */
function wrapped({ lines }: ModelEdge): readonly string[] {
  return lines.flatMap((line) => (line.length > longLabel ? line.split(/ (?=\[)/) : [line]));
}

function elkEdge(edge: ModelEdge): ElkExtendedEdge {
  const { id, from, to } = edge;
  const lines = wrapped(edge);
  if (lines.length === 0) return { id, sources: [from], targets: [to] };
  const width = Math.max(...lines.map((line) => line.length)) * letter.label + 14;
  return {
    id,
    sources: [from],
    targets: [to],
    labels: [{ id: `${id} label`, text: lines.join("\n"), width, height: lines.length * lineHeight.label + 6 }],
  };
}
