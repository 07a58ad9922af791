import type { ChildFrames, ChildLife } from "../inspection/index.ts";
import type { KeptMachine } from "../lifecycle/kept-machine.ts";
import type { KeptNode, RunningChild } from "../lifecycle/kept-tree.ts";
import type { EventObject } from "../lifecycle/user-logic.ts";

interface ShownNode {
  readonly life: ChildLife;
  snapshot: KeptNode["snapshot"];
}

interface TakenEvent {
  /** Whom it went to. */
  readonly path: readonly string[];
  readonly event: EventObject;
}

/** A kept actor as inspectors see it: below its manager, with its children. */
export class KeptFrames {
  readonly #frames: ChildFrames;
  readonly #name: string;
  readonly #nodes = new Map<string, ShownNode>();
  readonly #running = new Map<string, ChildLife>();

  /** @param name unique among the manager's actors */
  constructor(frames: ChildFrames, name: string) {
    this.#frames = frames;
    this.#name = name;
  }

  /** A turn was committed. @param events that it took, with whom they went to */
  turned(machine: KeptMachine, events: readonly TakenEvent[]): void {
    const event = events.at(-1)?.event ?? { type: "xstate.init" };
    if (this.#nodes.size === 1 && machine.alone) return this.#turnedAlone(machine.snapshot, events, event);
    for (const { path, event } of events) this.#nodes.get(this.#nameOf(path))?.life.took(event);
    const seen = new Set<string>();
    for (const node of machine.nodes()) {
      const name = this.#nameOf(node.path);
      seen.add(name);
      const shown = this.#nodes.get(name);
      if (!shown) this.#begin(name, node);
      else follow(shown, node.snapshot, event);
    }
    for (const [name, { life }] of this.#nodes)
      if (!seen.has(name)) {
        life.ended(event);
        this.#nodes.delete(name);
      }
  }

  #turnedAlone(snapshot: KeptNode["snapshot"], events: readonly TakenEvent[], event: EventObject): void {
    const shown = this.#nodes.get(this.#name)!;
    for (const { path, event } of events) if (path.length === 0) shown.life.took(event);
    follow(shown, snapshot, event);
  }

  /** A child runs from here on. */
  runs({ path, src }: RunningChild): void {
    const id = this.#nameOf(path);
    this.stops(path);
    const parent = this.#nameOf(path.slice(0, -1));
    const life = this.#frames.began({ id, parent, definition: { id: src }, snapshot: () => ({ status: "active" }) });
    this.#running.set(id, life);
  }

  /** @param event what it has said at its end. Default: it was stopped */
  stops(path: readonly string[], event: EventObject = { type: "xstate.stop" }): void {
    const id = this.#nameOf(path);
    this.#running.get(id)?.ended(event);
    this.#running.delete(id);
  }

  /** It is held here no more. */
  end(): void {
    for (const life of this.#running.values()) life.ended({ type: "xstate.stop" });
    for (const { life } of [...this.#nodes.values()].reverse()) life.ended({ type: "xstate.stop" });
    this.#running.clear();
    this.#nodes.clear();
  }

  #begin(name: string, node: KeptNode): void {
    const { path } = node;
    const parent = path.length === 0 ? undefined : this.#nameOf(path.slice(0, -1));
    const definition = node.definition ?? { id: path.at(-1) ?? this.#name };
    let shown: ShownNode | undefined;
    const snapshot = () => (shown ?? node).snapshot;
    shown = { snapshot: node.snapshot, life: this.#frames.began({ id: name, parent, definition, snapshot }) };
    this.#nodes.set(name, shown);
  }

  #nameOf(path: readonly string[]): string {
    return [this.#name, ...path].join("/");
  }
}

function follow(shown: ShownNode, snapshot: KeptNode["snapshot"], event: EventObject): void {
  if (shown.snapshot === snapshot) return;
  shown.snapshot = snapshot;
  if (snapshot.status === "active") shown.life.changed(event);
  else shown.life.ended(event);
}
