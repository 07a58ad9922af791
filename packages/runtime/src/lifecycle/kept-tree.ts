import type { AnyActorLogic, AnyActorRef } from "xstate";
import type { ActorPath } from "./actor-path.ts";
import { isState, type ParentMark } from "./turn-scope.ts";

/** A snapshot as XState persists it, plain but for what the user's context holds. */
export type PersistedSnapshot = Readonly<Record<string, unknown>>;

/** A child that runs: a promise, a callback, an observable. */
export interface RunningChild {
  readonly path: ActorPath;
  readonly src: string;
  readonly logic: AnyActorLogic;
  /** What it is begun from. */
  readonly snapshot: PersistedSnapshot;
  /** Its parent is told of each change. */
  readonly synced: boolean;
}

/** An actor that is state itself, as it is. */
export interface KeptNode {
  readonly path: ActorPath;
  /** Its machine's configuration, for drawing its chart; undefined where it has none. */
  readonly definition: object | undefined;
  readonly snapshot: any;
}

/** An actor that is kept, and its children. */
export interface Node {
  readonly logic: AnyActorLogic;
  snapshot: any;
  readonly children: Map<string, Child>;
}

export interface Child {
  /** What the parent's snapshot has of it. */
  readonly ref: AnyActorRef;
  /** Undefined where it runs. */
  readonly node: Node | undefined;
  /** It has run to its end. It stays a child of its parent. */
  over: boolean;
}

export function copied({ logic, snapshot, children }: Node): Node {
  const copy: Node = { logic, snapshot, children: new Map() };
  for (const [id, { ref, node, over }] of children) copy.children.set(id, { ref, node: node && copied(node), over });
  return copy;
}

export function nodeOf(logic: AnyActorLogic, snapshot: any, kept: PersistedSnapshot): Node {
  const children = new Map<string, Child>();
  const keptChildren = (kept.children ?? {}) as Readonly<Record<string, { snapshot: PersistedSnapshot; src: unknown }>>;
  for (const [id, child] of Object.entries(keptChildren)) {
    const ref = snapshot.children[id];
    if (!ref) throw new Error(`it has a child "${id}", and knows no actor logic ${JSON.stringify(child.src)}`);
    const own = ref.getSnapshot();
    if (own?.status === "error" && child.snapshot.status !== "error") throw own.error;
    const node = isState(ref.logic) ? nodeOf(ref.logic, own, child.snapshot) : undefined;
    children.set(id, { ref, node, over: !node && child.snapshot.status !== "active" });
  }
  return { logic, snapshot, children };
}

export function persisted({ logic, snapshot, children }: Node): PersistedSnapshot {
  const kept = logic.getPersistedSnapshot(snapshot) as any;
  if (!kept.children) return kept;
  const own: Record<string, unknown> = {};
  for (const [id, { node, over }] of children) {
    const child = kept.children[id];
    if (typeof child.src !== "string")
      throw new Error(`it has a child "${id}" whose logic has no name: name it in XState's setup({ actors })`);
    if (node) own[id] = { ...child, snapshot: persisted(node) };
    else own[id] = over ? { ...child, snapshot: { ...child.snapshot, status: "done" } } : child;
  }
  return { ...kept, children: own };
}

export function* nodesIn({ logic, snapshot, children }: Node, path: ActorPath): Iterable<KeptNode> {
  const { config } = logic;
  yield { path, definition: typeof config === "object" && config !== null ? config : undefined, snapshot };
  for (const [id, { node }] of children) if (node) yield* nodesIn(node, [...path, id]);
}

export function* runningIn({ logic, snapshot, children }: Node, path: ActorPath): Iterable<RunningChild> {
  let kept: any;
  for (const [id, { ref, node, over }] of children) {
    const at = [...path, id];
    if (node) yield* runningIn(node, at);
    else if (!over) {
      kept ??= logic.getPersistedSnapshot(snapshot);
      yield runningChild(at, ref, kept.children[id]);
    }
  }
}

export function runningChild(path: ActorPath, ref: any, kept: any): RunningChild {
  return { path, src: String(kept.src), logic: ref.logic, snapshot: kept.snapshot, synced: ref._syncSnapshot === true };
}

export function find(root: Node, path: ActorPath): Node | "running" | undefined {
  let node: Node | undefined = root;
  for (const [depth, id] of path.entries()) {
    const child: Child | undefined = node?.children.get(id);
    if (!child) return undefined;
    if (!child.node) return depth === path.length - 1 ? "running" : undefined;
    node = child.node;
  }
  return node;
}

export function targetOf(
  node: Node,
  path: ActorPath,
  self: unknown,
  { to, targetId }: { to: unknown; targetId?: string },
): ActorPath {
  if (to === self) return path;
  const { parentOf } = to as Partial<ParentMark>;
  if (parentOf) return parentOf.slice(0, -1);
  if (targetId !== undefined) return [...path, targetId.replace(/^#_/, "")];
  for (const [id, { ref }] of node.children) if (ref === to) return [...path, id];
  throw new Error("it sends to an actor that is not its child: send to a child, to its parent or to itself");
}
