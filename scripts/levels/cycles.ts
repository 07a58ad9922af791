/** Finds each knot of a directed graph: a largest set of two or more nodes, or one with an edge to itself, that all reach each other (Tarjan). */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const onStack = new Set<string>();
  const knots: string[][] = [];

  function visit(node: string): void {
    const index = order.size;
    order.set(node, index);
    lowest.set(node, index);
    open.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (onStack.has(next)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!));
    }
    if (lowest.get(node) !== index) return;
    const knot = open.splice(open.indexOf(node));
    for (const member of knot) onStack.delete(member);
    if (knot.length > 1 || graph.get(node)?.includes(node)) knots.push(knot.sort());
  }

  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return knots;
}
