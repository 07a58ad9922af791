import type { InspectedTransition, InspectionLoad } from "./frame.ts";
import { inOrder } from "./in-order.ts";
import type { ActorNews, ChangeNews, ChildChangeNews, ChildNews, GaveUp, HostFacts, HostNews } from "./news.ts";
import { leadsElsewhere } from "./transition-log.ts";

/** How many steps of each actor's past are kept. */
const historyLimit = 50;
/** How many actors that are no more are kept, for whoever wants to know why. */
const endedLimit = 100;
/** How many live actors and charts of one host are known: news comes from others. */
const actorsLimit = 16_384;
const definitionsLimit = 1_024;

/** A step of a manager, told now. */
export interface ToldStep {
  /** `manager/address`. */
  readonly name: string;
  readonly step: InspectedTransition;
}

/** What news changed. */
export interface Applied {
  /** False when news was missed: the picture is wrong until the next that tells everything. */
  readonly whole: boolean;
  /** Steps that were not known before; what led nowhere else is none. */
  readonly steps: readonly ToldStep[];
}

/** What is known of one host: its news, added up. */
export class HostPicture {
  readonly instance: string;
  facts: HostFacts | undefined;
  gaveUp: GaveUp | undefined;
  /** Of the last news. */
  seq = 0;
  readonly actors = new Map<string, ActorNews>();
  /** Actors that are no more, oldest first. */
  readonly ended = new Map<string, ActorNews>();
  /** Users' own actors that live in the managers, each after what it is below. */
  readonly children = new Map<string, ChildNews>();
  readonly definitions = new Map<string, object>();
  readonly #idsByName = new Map<string, string>();

  constructor(instance: string) {
    this.instance = instance;
  }

  apply(news: HostNews): Applied {
    const expected = news.more ? this.seq : this.seq + 1;
    const steps: ToldStep[] = [];
    let whole = news.host !== undefined || (this.facts !== undefined && news.seq === expected);
    this.seq = news.seq;
    if (news.host) {
      this.facts = news.host;
      this.actors.clear();
      this.ended.clear();
      this.children.clear();
      this.#idsByName.clear();
    }
    if (news.gaveUp) this.gaveUp = news.gaveUp;
    if (news.panels && this.facts) this.facts = { ...this.facts, panels: news.panels };
    for (const [key, definition] of Object.entries(news.definitions ?? {})) this.#define(key, definition);
    for (const { list, told } of inOrder(news)) {
      if (list === "actors") this.#introduce(told, steps);
      else if (list === "changes") whole = this.#change(told, steps) && whole;
      else if (list === "children") this.#adopt(told);
      else if (list === "childChanges") this.#childChange(told);
    }
    for (const load of news.loads ?? []) whole = this.#load(load) && whole;
    for (const id of news.ended ?? []) this.#end(id);
    return { whole, steps };
  }

  /** News that tells everything, in parts: the first clears what was known, the others add to it. */
  *whole(at: number, actorsEach: number): Iterable<HostNews> {
    if (!this.facts) return;
    const actors = [...this.actors.values()];
    const { instance, seq } = this;
    yield {
      instance,
      seq,
      at,
      host: this.facts,
      ...(this.gaveUp && { gaveUp: this.gaveUp }),
      definitions: Object.fromEntries(this.definitions),
      actors: actors.slice(0, actorsEach),
    };
    for (let from = actorsEach; from < actors.length; from += actorsEach) {
      yield { instance, seq, more: true, at, actors: actors.slice(from, from + actorsEach) };
    }
    const children = [...this.children.values()];
    for (let from = 0; from < children.length; from += actorsEach) {
      yield { instance, seq, more: true, at, children: children.slice(from, from + actorsEach) };
    }
    if (this.ended.size > 0) {
      yield { instance, seq, more: true, at, actors: [...this.ended.values()], ended: [...this.ended.keys()] };
    }
  }

  #define(key: string, definition: object): void {
    if (this.definitions.size < definitionsLimit || this.definitions.has(key)) this.definitions.set(key, definition);
  }

  /** An incarnation takes the place of the one before it, and remembers what became of that. */
  #introduce(actor: ActorNews, steps: ToldStep[]): void {
    if (this.actors.size >= actorsLimit && !this.#idsByName.has(actor.name)) return;
    const previousId = this.#idsByName.get(actor.name);
    const previous = previousId ? (this.actors.get(previousId) ?? this.ended.get(previousId)) : undefined;
    if (previous) {
      if (previous.id !== actor.id) this.#orphan(previous.id);
      this.actors.delete(previous.id);
      this.ended.delete(previous.id);
    }
    const began = actor.history[0]?.at ?? actor.at;
    const told = new Set(actor.history.map(textOf));
    const known = new Set(previous?.history.map(textOf));
    const before = previous?.history.filter((step) => step.at <= began && !told.has(textOf(step))) ?? [];
    for (const step of actor.history) if (!known.has(textOf(step))) steps.push({ name: actor.name, step });
    const history = [...before, ...actor.history];
    this.#idsByName.set(actor.name, actor.id);
    this.actors.set(actor.id, { ...actor, history: history.slice(-historyLimit) });
  }

  #change({ id, event, snapshot, at }: ChangeNews, steps: ToldStep[]): boolean {
    const actor = this.actors.get(id) ?? this.ended.get(id);
    if (!actor) return false;
    const { value, context } = snapshot;
    const step: InspectedTransition = {
      at,
      epoch: context.epoch,
      event,
      value,
      causes: context.causes,
      ...(context.failure === undefined ? {} : { failure: context.failure }),
    };
    const isStep = leadsElsewhere(step, actor.history.at(-1));
    const history = isStep ? [...actor.history, step] : actor.history;
    if (isStep) steps.push({ name: actor.name, step });
    const kept = this.ended.has(id) ? this.ended : this.actors;
    kept.set(id, { ...actor, snapshot, history: history.slice(-historyLimit) });
    return true;
  }

  /** Below a manager that is no more, or one that is not known, there is nothing. */
  #adopt(child: ChildNews): void {
    const { id, parentId, at, snapshot } = child;
    const known = this.children.get(id);
    if (!known && this.children.size >= actorsLimit) return;
    if (!this.actors.has(parentId) && !this.children.has(parentId)) return;
    const first = { at, event: "xstate.init", value: snapshot.value };
    const history = child.history ?? known?.history ?? [first];
    this.children.set(id, { ...child, history });
  }

  #childChange({ id, event, snapshot, at }: ChildChangeNews): void {
    const child = this.children.get(id);
    if (!child) return;
    if (snapshot.status !== "active") return void this.children.delete(id);
    const { history = [] } = child;
    const { value } = snapshot;
    const isStep = JSON.stringify(value) !== JSON.stringify(child.snapshot.value);
    const steps = isStep ? [...history, { at, event, value }].slice(-historyLimit) : history;
    this.children.set(id, { ...child, snapshot, history: steps });
  }

  #orphan(parentId: string): void {
    for (const [id, child] of this.children) {
      if (child.parentId !== parentId) continue;
      this.children.delete(id);
      this.#orphan(id);
    }
  }

  #load({ id, ...figures }: InspectionLoad): boolean {
    const actor = this.actors.get(id);
    if (!actor) return false;
    const { snapshot } = actor;
    this.actors.set(id, { ...actor, snapshot: { ...snapshot, context: { ...snapshot.context, ...figures } } });
    return true;
  }

  #end(id: string): void {
    const actor = this.actors.get(id);
    if (!actor) return;
    this.#orphan(id);
    this.actors.delete(id);
    this.ended.set(id, actor);
    if (this.ended.size <= endedLimit) return;
    for (const [oldest, { name }] of this.ended) {
      this.ended.delete(oldest);
      this.#idsByName.delete(name);
      return;
    }
  }
}

function textOf({ at, event }: InspectedTransition): string {
  return `${at} ${event}`;
}
