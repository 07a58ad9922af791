import { type AnyActorLogic, type AnyActorRef, createActor, type EventObject } from "xstate";
import type { ActorPath } from "./actor-path.ts";
import { type KeptTimer, KeptTimers } from "./kept-timers.ts";
import {
  type Child,
  copied,
  find,
  type KeptNode,
  type Node,
  nodeOf,
  nodesIn,
  type PersistedSnapshot,
  persisted,
  type RunningChild,
  runningChild,
  runningIn,
  targetOf,
} from "./kept-tree.ts";
import { type ActionSelf, type GivenAction, isState, turnScope } from "./turn-scope.ts";

/** All there is to keep of an actor. */
export interface KeptState {
  readonly snapshot: PersistedSnapshot;
  readonly timers: readonly KeptTimer[];
}

/** What is to be done when a turn is committed, in this order. */
export type TurnEffect =
  | { readonly kind: "act"; readonly type: string; readonly path: ActorPath; run(self: ActionSelf): void }
  | { readonly kind: "begin"; readonly child: RunningChild }
  | { readonly kind: "end"; readonly path: ActorPath }
  | { readonly kind: "tell"; readonly path: ActorPath; readonly event: EventObject };

/** What one event has come to. */
export interface Turn {
  /** Whether anything is different: what nobody heeds changes nothing. */
  readonly changed: boolean;
  readonly effects: readonly TurnEffect[];
}

interface Delivery {
  readonly path: ActorPath;
  readonly event: EventObject;
}

/** Actors that send each other events without end never come to rest. */
const mostDeliveries = 1_000;

/**
 * An actor that is kept, in memory: its snapshot, those of its children that are state themselves, and its timers. It does nothing
 * of its own: each event is a turn, whose effects are carried out when what it has come to is committed. XState's `transition()` does
 * the same for one machine; here children take part in it, and what is invoked is begun by whoever carries out the effects.
 */
export class KeptMachine {
  readonly #root: Node;
  readonly #timers: KeptTimers;
  #queue: Delivery[] = [];
  #effects: TurnEffect[] = [];
  #changed = false;

  private constructor(root: Node, timers: readonly KeptTimer[]) {
    this.#root = root;
    this.#timers = new KeptTimers(timers);
  }

  /** Whether actors of this logic are their state and nothing else. */
  static canKeep(logic: AnyActorLogic): boolean {
    return isState(logic);
  }

  /** Begins an actor. @throws what its initial transition throws */
  static begin(
    logic: AnyActorLogic,
    id: string,
    input: unknown,
  ): { readonly machine: KeptMachine; readonly turn: Turn } {
    const root: Node = { logic, snapshot: undefined, children: new Map() };
    const machine = new KeptMachine(root, []);
    const turn = machine.#turn(() => machine.#initial(root, [], id, input));
    if (root.snapshot.status === "error") throw root.snapshot.error;
    return { machine, turn: { ...turn, changed: true } };
  }

  /** The same actor again; what it was kept as is its own from here on. @throws Error where the logic does not know the state, or a child */
  static restore(logic: AnyActorLogic, { snapshot, timers }: KeptState): KeptMachine {
    const restored = createActor(logic, { snapshot: snapshot as never }).getSnapshot() as any;
    if (restored.status === "error" && snapshot.status !== "error") throw restored.error;
    return new KeptMachine(nodeOf(logic, restored, snapshot), timers);
  }

  get snapshot(): any {
    return this.#root.snapshot;
  }

  /** One that goes on from here by itself: what has been is shared, and never changed. */
  clone(): KeptMachine {
    return new KeptMachine(copied(this.#root), this.timers);
  }

  /** All of it, for whoever writes it down. */
  get state(): KeptState {
    return { snapshot: persisted(this.#root), timers: this.timers };
  }

  /** Another list when there are others. */
  get timers(): readonly KeptTimer[] {
    return this.#timers.list;
  }

  /** When the next timer is due; undefined without one, and where its time is none that a database can keep: it never fires. */
  get dueAt(): number | undefined {
    return this.#timers.dueAt;
  }

  /** Whether the last turn has set a timer whose time is not known yet. */
  get unstamped(): boolean {
    return this.timers.some(({ dueAt }) => dueAt === undefined);
  }

  /** @param now the time by which the timers of the last turn count */
  stamp(now: number): void {
    this.#timers.stamp(now);
  }

  /** Whether none of its children is kept with it: most have none. */
  get alone(): boolean {
    for (const { node } of this.#root.children.values()) if (node) return false;
    return true;
  }

  /** The actor, and those of its children that are kept with it, each after its parent. */
  *nodes(): Iterable<KeptNode> {
    yield* nodesIn(this.#root, []);
  }

  /** The children that run, or should. */
  running(): readonly RunningChild[] {
    return [...runningIn(this.#root, [])];
  }

  /** Takes one event. @throws what a guard or an assignment throws: then the machine is of no use any more */
  take(path: ActorPath, event: EventObject): Turn {
    return this.#turn(() => this.#queue.push({ path, event }));
  }

  /** The timer that was due first, taken off; undefined while none is. */
  due(now: number): { readonly path: ActorPath; readonly event: EventObject } | undefined {
    const timer = this.#timers.takeDue(now);
    return timer && { path: timer.target, event: timer.event };
  }

  #turn(begin: () => void): Turn {
    this.#queue = [];
    this.#effects = [];
    this.#changed = false;
    begin();
    for (let deliveries = 0; this.#queue.length > 0; deliveries++) {
      if (deliveries === mostDeliveries)
        throw new Error(`its actors have sent each other ${mostDeliveries} events and do not come to rest`);
      const { path, event } = this.#queue.shift()!;
      this.#deliver(path, event);
    }
    return { changed: this.#changed, effects: this.#effects };
  }

  #deliver(path: ActorPath, event: EventObject): void {
    const node = find(this.#root, path);
    if (node === undefined) return;
    if (node === "running") return void this.#effects.push({ kind: "tell", path, event });
    if (node.snapshot.status !== "active") return;
    this.#noteEnd(node, event);
    const actions: GivenAction[] = [];
    const before = node.snapshot;
    const scope = turnScope(path, path.at(-1) ?? "", () => node.snapshot, actions);
    node.snapshot = node.logic.transition(before, event, scope);
    this.#settle(node, path, scope.self, actions, !same(before, node.snapshot) || actions.length > 0);
  }

  /** A child that runs has said that it is at its end. */
  #noteEnd({ children }: Node, event: EventObject): void {
    const { actorId } = event as { readonly actorId?: string };
    const child = actorId === undefined ? undefined : children.get(actorId);
    if (!child || child.node || child.over) return;
    if (event.type === `xstate.done.actor.${actorId}` || event.type === `xstate.error.actor.${actorId}`) {
      child.over = true;
      this.#changed = true;
    }
  }

  #initial(node: Node, path: ActorPath, id: string, input: unknown): void {
    const actions: GivenAction[] = [];
    const scope = turnScope(path, id, () => node.snapshot, actions);
    node.snapshot = node.logic.getInitialSnapshot(scope, input);
    this.#settle(node, path, scope.self, actions, true);
  }

  #settle(node: Node, path: ActorPath, self: unknown, actions: readonly GivenAction[], changed: boolean): void {
    if (!changed) return;
    this.#changed = true;
    const { snapshot } = node;
    const active = snapshot.status === "active";
    const ending = [...node.children].filter(([id, { ref }]) => !active || snapshot.children?.[id] !== ref);
    const left = actions.filter((action) => !this.#tellEnding(path, ending, action));
    for (const [id] of ending) this.#end(node, [...path, id], id);
    const begun = Object.entries((active && snapshot.children) || {}).filter(([id]) => !node.children.has(id));
    for (const [id, ref] of begun) {
      const { logic } = ref as { readonly logic: AnyActorLogic };
      node.children.set(id, {
        ref: ref as AnyActorRef,
        node: isState(logic) ? { logic, snapshot: undefined, children: new Map() } : undefined,
        over: false,
      });
    }
    for (const action of left) this.#carryOut(node, path, self, action);
    if (begun.length > 0) this.#begin(node, path, begun);
    if (active) this.#tellParent(path, node);
    else this.#ended(path, node);
  }

  #begin(parent: Node, path: ActorPath, begun: readonly (readonly [string, unknown])[]): void {
    const shots = parent.logic.getPersistedSnapshot(parent.snapshot) as any;
    for (const [id] of begun) {
      const child = parent.children.get(id)!;
      const kept = shots.children[id];
      const at = [...path, id];
      if (child.node) this.#initial(child.node, at, id, (child.ref as any).options?.input);
      else this.#effects.push({ kind: "begin", child: runningChild(at, child.ref, kept) });
    }
  }

  /** What a child is sent in the transition that ends it, as its state is left, it takes before its end. */
  #tellEnding(path: ActorPath, ending: readonly (readonly [string, Child])[], { type, params }: GivenAction): boolean {
    if (type !== "xstate.sendTo") return false;
    const { to, event, delay } = params as { to: unknown; event: EventObject; delay?: number };
    const child = ending.find(([, { ref }]) => ref === to);
    if (!child) return false;
    // A timer would end with it.
    if (delay === undefined) this.#deliver([...path, child[0]], event);
    return true;
  }

  #carryOut(node: Node, path: ActorPath, self: unknown, { type, info, params, exec }: GivenAction): void {
    const given = params as any;
    switch (type) {
      case "xstate.spawnChild":
      case "xstate.stopChild":
      case "xstate.emit":
        return;
      case "xstate.raise":
        // Without a delay it was taken in the same transition.
        if (typeof given.delay === "number") this.#timers.add(timerOf(path, path, given));
        return;
      case "xstate.cancel":
        return this.#timers.cancel(path, given.sendId);
      case "xstate.sendTo": {
        const target = targetOf(node, path, self, given);
        if (typeof given.delay === "number") this.#timers.add(timerOf(path, target, given));
        else this.#queue.push({ path: target, event: given.event });
        return;
      }
      default:
        if (exec)
          this.#effects.push({
            ...{ kind: "act", type, path },
            run: (own) => exec({ ...info, self: own } as never, params as never),
          });
    }
  }

  #end(parent: Node, path: ActorPath, id: string): void {
    const child = parent.children.get(id)!;
    parent.children.delete(id);
    this.#timers.dropAround(path);
    if (!child.node) return void this.#effects.push({ kind: "end", path });
    for (const running of runningIn(child.node, path)) this.#effects.push({ kind: "end", path: running.path });
  }

  #ended(path: ActorPath, { snapshot }: Node): void {
    this.#timers.dropOf(path);
    const id = path.at(-1);
    if (id === undefined) return;
    const { status, output, error } = snapshot;
    const type = `xstate.${status === "error" ? "error" : "done"}.actor.${id}`;
    const event = { type, actorId: id, ...(status === "error" ? { error } : { output }) };
    this.#queue.push({ path: path.slice(0, -1), event });
  }

  #tellParent(path: ActorPath, { snapshot }: Node): void {
    if (path.length === 0) return;
    const parent = find(this.#root, path.slice(0, -1)) as Node;
    const id = path.at(-1)!;
    if ((parent.children.get(id)?.ref as any)?._syncSnapshot)
      this.#queue.push({ path: path.slice(0, -1), event: { type: `xstate.snapshot.${id}`, snapshot } as EventObject });
  }
}

function timerOf(
  source: ActorPath,
  target: ActorPath,
  { event, delay, id }: { readonly event: EventObject; readonly delay: number; readonly id?: string },
): Omit<KeptTimer, "dueAt"> {
  return { source, target, id, event, delayMs: Math.max(0, delay) };
}

/** What nobody heeds leaves a machine's snapshot as it is; a reducer's is made anew each time. */
function same(before: any, after: any): boolean {
  if (before === after) return true;
  return !("machine" in after) && before.status === after.status && before.context === after.context;
}
