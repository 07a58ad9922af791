import type { EdgeKind, NodeKind } from "./drawing.ts";
import { invokesOf, type StateConfig, transitionsOf } from "./transition-config.ts";

/** More states than this make no readable chart. */
const mostStates = 300;

export interface ModelNode {
  readonly id: string;
  readonly label: string;
  readonly kind: NodeKind;
  readonly invokes: readonly string[];
  readonly handles: readonly string[];
  readonly children: readonly ModelNode[];
}

export interface ModelEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  readonly events: readonly string[];
  readonly lines: readonly string[];
}

export interface ChartModel {
  readonly roots: readonly ModelNode[];
  readonly edges: readonly ModelEdge[];
}

/** Reads a machine's configuration into states and transitions; transitions between the same two states become one edge. */
export function chartModel(definition: object): ChartModel {
  const root = definition as StateConfig;
  const paths = new Map<object, string>();
  const byId = new Map<string, string>();
  const edges = new Map<string, ModelEdge>();
  let count = 0;

  function index(state: StateConfig, path: string): void {
    count += 1;
    if (count > mostStates) throw new Error(`A chart of more than ${mostStates} states cannot be read`);
    paths.set(state, path);
    if (typeof state.id === "string") byId.set(state.id, path);
    for (const [name, child] of childrenOf(state)) index(child, path ? `${path}.${name}` : name);
  }

  function connect(from: string, to: string, kind: EdgeKind, event: string, label: string): void {
    const id = `${from || "any"}→${to}`;
    const before = edges.get(id);
    const lines = label ? [label] : [];
    if (!before) edges.set(id, { id, from: from || "*", to, kind, events: event ? [event] : [], lines });
    else {
      const merged = { events: [...before.events, ...(event ? [event] : [])], lines: [...before.lines, ...lines] };
      edges.set(id, { ...before, ...merged });
    }
  }

  function resolve(state: StateConfig, target: string): string | undefined {
    const path = paths.get(state) ?? "";
    if (target.startsWith("#")) return resolveId(target.slice(1));
    if (target.startsWith(".")) return known(join(path, target.slice(1)));
    return known(join(path.split(".").slice(0, -1).join("."), target));
  }

  function resolveId(target: string): string | undefined {
    for (let cut = target.length; cut > 0; cut = target.lastIndexOf(".", cut - 1)) {
      const path = byId.get(target.slice(0, cut));
      if (path !== undefined) return known(join(path, target.slice(cut + 1)));
    }
    return undefined;
  }

  function known(path: string): string | undefined {
    return [...paths.values()].includes(path) ? path : undefined;
  }

  function node(state: StateConfig, label: string): ModelNode {
    const id = paths.get(state) ?? "";
    const handles: string[] = [];
    for (const { kind, event, target, label: text } of transitionsOf(state)) {
      const to = target === undefined ? undefined : resolve(state, target);
      if (to === undefined || to === "") handles.push(text);
      else connect(id, to, kind, event, text);
    }
    const children = childrenOf(state).map(([name, child]) => node(child, name));
    return {
      id,
      label,
      kind: kindOf(state),
      invokes: invokesOf(state),
      handles,
      children: [...start(state), ...children],
    };
  }

  function start(state: StateConfig): ModelNode[] {
    if (typeof state.initial !== "string" || state.type === "parallel") return [];
    const path = paths.get(state) ?? "";
    const id = join(path, "(initial)");
    const to = known(join(path, state.initial));
    if (!to) return [];
    edges.set(id, { id, from: id, to, kind: "initial", events: [], lines: [] });
    return [{ id, label: "", kind: "initial", invokes: [], handles: [], children: [] }];
  }

  index(root, "");
  const { children, handles } = node(root, "");
  const leavesAny = [...edges.values()].some(({ from }) => from === "*");
  const any: ModelNode = { id: "*", label: "any state", kind: "any", invokes: [], handles, children: [] };
  return { roots: leavesAny || handles.length > 0 ? [...children, any] : children, edges: [...edges.values()] };
}

function childrenOf({ states }: StateConfig): [string, StateConfig][] {
  return typeof states === "object" && states !== null ? Object.entries(states) : [];
}

function join(path: string, name: string): string {
  return path && name ? `${path}.${name}` : path || name;
}

function kindOf(state: StateConfig): NodeKind {
  if (state.type === "final" || state.type === "parallel" || state.type === "history") return state.type;
  return childrenOf(state).length > 0 ? "compound" : "atomic";
}
