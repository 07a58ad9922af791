/** A statechart with every coordinate settled: what draws it needs no layout. Units are CSS pixels. */
export interface ChartDrawing {
  readonly width: number;
  readonly height: number;
  /** Parents before their children. */
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

/** `any` stands for every state: where the machine's own transitions begin. `initial` is the dot of a compound state. */
export type NodeKind = "atomic" | "compound" | "parallel" | "final" | "history" | "initial" | "any";

export interface DrawnNode {
  /** The path from the root, joined by dots. */
  readonly id: string;
  readonly label: string;
  readonly kind: NodeKind;
  /** What runs while the state lasts. */
  readonly invokes: readonly string[];
  /** Events that it handles without leaving. */
  readonly handles: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type EdgeKind = "event" | "always" | "after" | "done" | "error" | "initial";

export interface DrawnEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** Event types that may take it. */
  readonly events: readonly string[];
  readonly points: readonly Point[];
  readonly label?: DrawnLabel;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface DrawnLabel extends Point {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly string[];
}
