import type { Clock } from "../base/clock.ts";
import type { ChildFrames } from "../inspection/index.ts";
import type { KeptMachine, TurnEffect } from "../lifecycle/kept-machine.ts";
import type { RunningChild } from "../lifecycle/kept-tree.ts";
import { type LiveChild, runChild } from "../lifecycle/live-actor.ts";
import type { EventObject } from "../lifecycle/user-logic.ts";
import type { Logger } from "../telemetry/index.ts";
import type { ActorRow } from "./actor-store.ts";
import { KeptFrames } from "./kept-frames.ts";
import type { KeptMachineSpec } from "./machines.ts";

/** An actor as a commit has left it. */
export interface CommittedActor {
  readonly machine: KeptMachine;
  /** The same as text, by which version of its machine. */
  readonly kept: string;
  readonly version: number;
  /** Names what it took last of what is offered until it is known to be taken. */
  readonly offered: string | null;
  readonly revision: number;
}

/** What was committed at once for one actor: a turn, or several in one transaction. */
export interface CommittedTurns extends CommittedActor {
  /** The revision that they began from. */
  readonly base: number;
  readonly effects: readonly TurnEffect[];
  /** Its row says that actions may not have run. */
  readonly unmarked: boolean;
  /** What it took. */
  readonly deliveries: readonly { readonly path: readonly string[]; readonly event: EventObject }[];
}

/** What an actor needs of those who hold it. */
export interface HeldActorPort {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where it is shown. */
  readonly frames: ChildFrames;
  /** Aborts when the incarnation ends. */
  readonly ending: AbortSignal;
  /** Runs what is nobody's call. */
  outside<R>(action: () => R): R;
  /** Takes an event for it in a transaction of its own; `isWanted` is asked when its turn has come. */
  deliver(actor: HeldActor, path: readonly string[], event: EventObject, isWanted: () => boolean): Promise<void>;
  /** The actions of a revision have run. */
  ran(actor: HeldActor, revision: number, awake: boolean): void;
  /** An action has thrown. */
  failed(actor: HeldActor, revision: number, error: unknown): void;
  /** Whether a commit was made is not known. */
  resync(actor: HeldActor): void;
}

/** What a child says waits for its commits, and nothing tells it to wait: one that says more than this meanwhile is ended. */
const mostWaiting = 10_000;

interface Running {
  readonly child: RunningChild;
  /** XState's own; undefined while it is being begun. */
  live: LiveChild | undefined;
}

/**
 * One kept actor, where it is held: the order of its turns, and the children that run. What it is lies in its row, and in a cache
 * as the last commit has left it; a turn goes on from a clone, which is dropped where the commit fails.
 *
 * | race | who has its way |
 * |---|---|
 * | a turn of its own and one in somebody's transaction | whoever commits first; the other is done again from what that has left |
 * | a child's end and a turn that stops the child, or begins it anew | the turn: what the child says is dropped once it is not the one that runs |
 * | a timer and a turn that cancels it | whoever commits first; a timer is looked for in the turn that it makes |
 * | the answer to a commit is lost | the row: its actions are made again from it, and children begun and ended as it has them |
 * | two incarnations | the fence, and the holder in the row |
 */
export class HeldActor {
  readonly key: string;
  readonly id: string;
  readonly spec: KeptMachineSpec;
  /** As the last commit that is known of has left it. */
  cache: CommittedActor | undefined;
  readonly #port: HeldActorPort;
  readonly #children = new Map<string, Running>();
  readonly #shown: KeptFrames;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** The effects of this revision are carried out, and of all before. */
  #ran = 0;

  constructor(spec: KeptMachineSpec, id: string, key: string, port: HeldActorPort) {
    this.spec = spec;
    this.id = id;
    this.key = key;
    this.#port = port;
    this.#shown = new KeptFrames(port.frames, `${spec.name}/${id}`);
  }

  /** Nothing is lost where it is made anew from its row. */
  get idle(): boolean {
    return this.#waiting === 0 && this.#children.size === 0;
  }

  get ran(): number {
    return this.#ran;
  }

  /** Its turns come one after the other. */
  inTurn<R>(body: () => Promise<R>): Promise<R> {
    this.#waiting++;
    const result = this.#tail.then(body).finally(() => this.#waiting--);
    this.#tail = result.catch(() => {});
    return result;
  }

  settled(): Promise<unknown> {
    return this.#tail;
  }

  /** Its row, as a transaction has found it: one that asks for nothing has nothing to be carried out. */
  seen({ revision, awake }: Pick<ActorRow, "revision" | "awake">): void {
    if (this.#ran === 0 && !awake) this.#ran = revision;
  }

  /** Somebody looks at it. */
  show(machine: KeptMachine): void {
    if (this.cache === undefined) this.#shown.turned(machine, []);
  }

  /** Carries out what was committed. */
  committed({ base, effects, unmarked, deliveries, ...state }: CommittedTurns): void {
    if (state.revision <= this.#ran) return;
    // Something between is not known of.
    if (base > this.#ran && base !== 0) return this.#port.resync(this);
    this.cache = state;
    this.#shown.turned(state.machine, deliveries);
    this.#carryOut(effects, state, unmarked);
  }

  /** Nobody knows of it yet, or it went on without: goes on from its row. @param replay what its last turn is to do yet */
  resume(
    row: Pick<ActorRow, "revision" | "kept" | "version" | "offered">,
    machine: KeptMachine,
    replay: readonly TurnEffect[] | undefined,
  ): void {
    if (row.revision <= this.#ran) return;
    const first = this.#ran === 0;
    const { kept, version, offered, revision } = row;
    const state = { machine, kept, version, offered, revision };
    this.cache = state;
    this.#shown.turned(machine, []);
    const wanted = new Map(machine.running().map((child) => [keyOf(child.path), child]));
    for (const at of this.#children.keys()) if (!wanted.has(at)) this.#endChild(at);
    const begun = [...wanted].filter(([at]) => !this.#children.has(at)).map(([, child]) => child);
    for (const { path, src } of first ? begun : [])
      this.#port.log.info({ actor: this.id, machine: this.spec.name, child: path.join("."), src }, "begun again");
    const again = (replay ?? []).filter(({ kind }) => kind === "act" || kind === "tell");
    this.#carryOut(
      [...begun.map((child) => ({ kind: "begin", child }) as const), ...again],
      state,
      replay !== undefined,
    );
  }

  /** Ends what runs of it. */
  stop(): void {
    this.#endAll();
    this.#shown.end();
    this.cache = undefined;
  }

  /** The same, and knows nothing of it any more: turns that wait for it yet go on from its row, and from what that has to be done. */
  leave(): void {
    this.stop();
    this.#ran = 0;
  }

  #carryOut(effects: readonly TurnEffect[], { machine, revision }: CommittedActor, unmarked: boolean): void {
    const { log, ending } = this.#port;
    this.#ran = revision;
    if (ending.aborted) return;
    let problem: { readonly error: unknown } | undefined;
    for (const effect of effects) {
      try {
        this.#port.outside(() => this.#do(effect, machine));
      } catch (error) {
        log.error({ err: error, actor: this.id, machine: this.spec.name }, "an action of a kept actor threw");
        problem ??= { error };
      }
    }
    if (problem) return this.#port.failed(this, revision, problem.error);
    if (machine.snapshot.status !== "active") this.#endAll();
    if (unmarked) this.#port.ran(this, revision, this.#children.size > 0);
  }

  #do(effect: TurnEffect, machine: KeptMachine): void {
    switch (effect.kind) {
      case "begin":
        return this.#begin(effect.child);
      case "end":
        return this.#endChild(keyOf(effect.path));
      case "tell":
        return this.#children.get(keyOf(effect.path))?.live?.send(effect.event);
      default:
        return effect.run({
          id: this.id,
          send: (event) => void this.#deliver(effect.path, event, () => true),
          getSnapshot: () => machine.snapshot,
        });
    }
  }

  #begin(child: RunningChild): void {
    const at = keyOf(child.path);
    this.#endChild(at);
    const running: Running = { child, live: undefined };
    this.#shown.runs(child);
    this.#children.set(at, running);
    const isCurrent = () => this.#children.get(at) === running;
    const above = child.path.slice(0, -1);
    let flooded = false;
    running.live = runChild(child, this.#port.clock, (said) => {
      if (!isCurrent() || flooded) return;
      flooded = this.#waiting >= mostWaiting && !isEndOf(child, said);
      const event = flooded ? floodOf(child) : said;
      if (flooded) running.live?.stop();
      void this.#deliver(above, event, isCurrent).then(() => {
        if (isEndOf(child, event) && isCurrent()) this.#endChild(at, event);
      });
    });
    if (!isCurrent() || flooded) running.live.stop();
  }

  /** Never rejects. */
  #deliver(path: readonly string[], event: EventObject, isWanted: () => boolean): Promise<void> {
    return this.#port.outside(() => this.#port.deliver(this, path, event, isWanted));
  }

  #endChild(at: string, event?: EventObject): void {
    const running = this.#children.get(at);
    if (!running) return;
    this.#children.delete(at);
    this.#shown.stops(running.child.path, event);
    running.live?.stop();
  }

  #endAll(): void {
    for (const at of [...this.#children.keys()]) this.#endChild(at);
  }
}

/** Whether more is to be done than begins and ends, which the row itself tells of. */
export function needsMark(effects: readonly TurnEffect[]): boolean {
  return effects.some(({ kind }) => kind === "act" || kind === "tell");
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** As XState tells a parent that what it invoked has failed. */
function floodOf({ path }: RunningChild): EventObject {
  const actorId = path.at(-1)!;
  const error = new Error(`"${actorId}" was ended: ${mostWaiting} events wait for their commits; send fewer`);
  return { type: `xstate.error.actor.${actorId}`, actorId, error } as EventObject;
}

function isEndOf({ path }: RunningChild, { type }: EventObject): boolean {
  const id = path.at(-1)!;
  return type === `xstate.done.actor.${id}` || type === `xstate.error.actor.${id}`;
}
