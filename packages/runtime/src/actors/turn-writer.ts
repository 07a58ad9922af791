import { reeveError } from "@reeve/contract";
import type { Random } from "../base/random.ts";
import type { KeptMachine, TurnEffect } from "../lifecycle/kept-machine.ts";
import type { EventObject } from "../lifecycle/user-logic.ts";
import { decodePlain, encodePlain, type Session } from "../store/index.ts";
import type { ActorRows } from "./actor-rows.ts";
import type { ActorRow } from "./actor-store.ts";
import { errorsFromData, errorsToData } from "./errors-as-data.ts";
import { type CommittedTurns, type HeldActor, needsMark } from "./held-actor.ts";
import { type KeptMachineSpec, restored } from "./machines.ts";

/** One event, and whom it goes to. */
export interface Delivery {
  readonly path: readonly string[];
  readonly event: EventObject;
  /** Of one that may be offered again: then it is taken once. */
  readonly offer?: string;
}

/** What an event has come to. */
export interface TakenTurn {
  readonly machine: KeptMachine;
  /** Whether the actor heeded it. */
  readonly taken: boolean;
}

/** What there is for an actor to take. */
export type FindDelivery = (machine: KeptMachine) => Delivery | undefined;

/** Another transaction has written a turn of the actor's: it is to be read. */
export const stale: unique symbol = Symbol("reeve.stale");

/** From what the actions of turns are made again. */
interface Unrun {
  /** The state before them, as it was kept; null where the actor began. */
  readonly from: string | null;
  readonly since: {
    /** The revision that the first of them has made. */
    readonly first: number;
    /** Of the machine that has kept `from`. */
    readonly version: number;
    /** Of the beginning. */
    readonly input: unknown;
    readonly deliveries: readonly Delivery[];
  };
}

interface OpenTurns {
  readonly machine: KeptMachine;
  readonly kept: string;
  readonly version: number;
  readonly offered: string | null;
  readonly revision: number;
  readonly base: number;
  readonly effects: readonly TurnEffect[];
  readonly unrun: Unrun | undefined;
  readonly deliveries: readonly Delivery[];
}

interface OpenSession {
  readonly actors: Map<HeldActor, OpenTurns>;
  /** One after the other, as they were asked for. */
  last: Promise<unknown>;
}

interface TurnWriterOptions {
  readonly rows: ActorRows;
  readonly holder: { readonly manager: string; readonly address: string };
  readonly wallNow: () => number;
  readonly random: Random;
}

/** Below what goes up by one for each turn and stays a safe integer. */
const firstRevisions = 2 ** 40;

/** Writes turns into open transactions, and remembers what is to be done when they are committed. */
export class TurnWriter {
  readonly #options: TurnWriterOptions;
  readonly #sessions = new WeakMap<Session, OpenSession>();

  constructor(options: TurnWriterOptions) {
    this.#options = options;
  }

  /** Begins an actor. @throws ReeveError `ACTOR_EXISTS`; what its initial transition throws */
  begin(
    session: Session,
    actor: HeldActor,
    input: unknown,
    begin: () => { machine: KeptMachine; turn: { effects: readonly TurnEffect[] } },
  ): Promise<KeptMachine> {
    return this.#after(session, async (open) => {
      const { rows, holder, wallNow, random } = this.#options;
      const { key, id, spec } = actor;
      // A turn that goes on from an actor which was forgotten meanwhile must not take this one for it.
      const revision = 1 + Math.floor(random() * firstRevisions);
      const { machine, turn } = begin();
      const effects = [...turn.effects];
      const { version } = spec;
      const since = { first: revision, version, input, deliveries: [] };
      const unrun = needsMark(effects) ? { from: null, since } : undefined;
      const changes = { ...(await this.#changes(session, spec, machine, unrun)), offered: null };
      const { manager, address: holderAddress } = holder;
      const made = { key, manager, machine: spec.name, actor: id, holderAddress, revision };
      try {
        await rows.insert(session, { ...made, ...changes, createdAt: new Date(wallNow()) });
      } catch (error) {
        if ((error as { readonly reason?: unknown }).reason !== "ROW_EXISTS") throw error;
        throw reeveError("ACTOR_EXISTS", `actor "${id}" of machine "${spec.name}" is kept already`, {
          data: { machine: spec.name, actor: id },
        });
      }
      const { kept } = changes;
      const state = { machine, kept, version, offered: null, revision };
      open.actors.set(actor, { ...state, base: 0, effects, unrun, deliveries: [] });
      return machine;
    });
  }

  /**
   * Has an actor take what `next` finds for it, in whoever's transaction.
   *
   * @param next given a machine that may be changed; undefined where there is nothing for it
   * @throws ReeveError `NO_ACTOR`, `MOVED`, `ACTOR_FAILED`, `MACHINE_REFUSED`; what its guards and assignments throw
   */
  take(session: Session, actor: HeldActor, next: FindDelivery): Promise<TakenTurn> {
    return this.#after(session, async (open) => {
      const before = open.actors.get(actor) ?? (await this.#load(session, actor));
      return this.#take(session, open, actor, before, next, (saved) => {
        if (!saved) throw overtaken(actor);
      });
    });
  }

  /**
   * The same in a transaction of its own, which goes on from what the last commit has left, where that is known, without reading it.
   *
   * @throws {@link stale} where that was not the last one
   */
  async takeAlone(session: Session, actor: HeldActor, next: FindDelivery): Promise<TakenTurn> {
    const open: OpenSession = { actors: new Map(), last: Promise.resolve() };
    this.#sessions.set(session, open);
    const { cache } = actor;
    if (!cache || cache.revision !== actor.ran) return this.take(session, actor, next);
    const before = { ...cache, base: cache.revision, effects: [], unrun: undefined, deliveries: [] };
    return this.#take(session, open, actor, before, next, (saved) => {
      if (!saved) throw stale;
    });
  }

  async #take(
    session: Session,
    open: OpenSession,
    actor: HeldActor,
    before: OpenTurns,
    next: FindDelivery,
    check: (saved: boolean) => void,
  ): Promise<TakenTurn> {
    const machine = before.machine.clone();
    const delivery = next(machine);
    if (!delivery) return { machine, taken: false };
    const { offer } = delivery;
    if (offer !== undefined && offer === before.offered) return { machine, taken: true };
    const turn = machine.take(delivery.path, delivery.event);
    if (!turn.changed && machine.timers === before.machine.timers) return { machine, taken: false };
    const effects = before.effects.length > 0 ? [...before.effects, ...turn.effects] : turn.effects;
    const deliveries = [...before.deliveries, delivery];
    const unrun = unrunAfter(before, delivery, needsMark(turn.effects));
    const offered = offer ?? before.offered;
    const changes = { ...(await this.#changes(session, actor.spec, machine, unrun)), offered };
    const { revision, base } = before;
    await this.#options.rows.save(session, actor.key, revision, changes, check);
    const { kept, version } = changes;
    const state = { machine, kept, version, offered, revision: revision + 1 };
    open.actors.set(actor, { ...state, base, effects, unrun, deliveries });
    return { machine, taken: turn.changed };
  }

  /** Deletes an actor. Resolves with whether there was one, and what it has taken before in the same transaction. */
  forget(
    session: Session,
    actor: HeldActor,
  ): Promise<{ readonly gone: boolean; readonly turns: CommittedTurns | undefined }> {
    return this.#after(session, async (open) => {
      const gone = await this.#options.rows.remove(session, actor.key);
      const turns = open.actors.get(actor);
      if (gone) open.actors.delete(actor);
      return { gone, turns: turns && committedOf(turns) };
    });
  }

  /** What was written for which actors, for when the transaction is committed; asked once. */
  ended(session: Session): readonly (readonly [HeldActor, CommittedTurns])[] {
    const open = this.#sessions.get(session);
    this.#sessions.delete(session);
    return [...(open?.actors ?? [])].map(([actor, turns]) => [actor, committedOf(turns)]);
  }

  /** The effects of turns after a revision that a row says have not run. @throws ReeveError `MACHINE_REFUSED`; what the machine throws */
  replayed({ spec, ran }: HeldActor, row: ActorRow): readonly TurnEffect[] | undefined {
    const unrun = unrunOf(row);
    if (!unrun) return undefined;
    const { from, since } = unrun;
    let revision = since.first;
    const effects: TurnEffect[] = [];
    const add = (turn: { readonly effects: readonly TurnEffect[] }) => {
      if (revision++ > ran) effects.push(...turn.effects);
    };
    let machine: KeptMachine;
    if (from === null) {
      const begun = spec.begin(row.actor, since.input);
      machine = begun.machine;
      add(begun.turn);
    } else machine = restored(spec, { actor: row.actor, version: since.version }, from);
    for (const { path, event } of since.deliveries) add(machine.take(path, event));
    return effects;
  }

  async #load(session: Session, actor: HeldActor): Promise<OpenTurns> {
    const { rows, holder } = this.#options;
    const row = await rows.findIn(session, actor.key);
    requireHeld(actor, row, holder.address);
    actor.seen(row);
    const { cache } = actor;
    const machine = cache?.revision === row.revision ? cache.machine : restored(actor.spec, row, row.kept);
    const { kept, version, offered, revision } = row;
    // What it was to do is to be done yet: it stays part of what is.
    const unrun = actor.ran < revision ? unrunOf(row) : undefined;
    return { machine, kept, version, offered, revision, base: revision, effects: [], unrun, deliveries: [] };
  }

  async #changes(session: Session, spec: KeptMachineSpec, machine: KeptMachine, unrun: Unrun | undefined) {
    if (machine.unstamped) machine.stamp(await session.now());
    const { status, value } = machine.snapshot;
    const active = status === "active";
    const dueAt = active ? (machine.dueAt ?? null) : Math.ceil((await session.now()) + spec.retentionMs);
    const what = `actor of machine "${spec.name}"`;
    return {
      version: spec.version,
      status,
      value: value === undefined ? null : JSON.stringify(value),
      kept: encodeKept(what, machine.state),
      unrun: unrun ? encodeKept(`event of an ${what}`, unrun.since) : null,
      unrunFrom: unrun?.from ?? null,
      awake: unrun !== undefined || (active && machine.running().length > 0),
      dueAt,
      lastError: status === "error" ? messageOf(machine.snapshot.error) : null,
      changedAt: new Date(this.#options.wallNow()),
    };
  }

  #after<R>(session: Session, body: (open: OpenSession) => Promise<R>): Promise<R> {
    let open = this.#sessions.get(session);
    if (!open) {
      open = { actors: new Map(), last: Promise.resolve() };
      this.#sessions.set(session, open);
    }
    const turns = open;
    const result = turns.last.then(() => body(turns));
    turns.last = result.catch(() => {});
    return result;
  }
}

function committedOf(turns: OpenTurns): CommittedTurns {
  return { ...turns, unmarked: turns.unrun !== undefined };
}

/** @throws ReeveError `NO_ACTOR`, `MOVED`, `ACTOR_FAILED` */
function requireHeld(actor: HeldActor, row: ActorRow | undefined, address: string): asserts row is ActorRow {
  const { id, spec } = actor;
  const data = { machine: spec.name, actor: id };
  const what = `actor "${id}" of machine "${spec.name}"`;
  if (!row) throw reeveError("NO_ACTOR", `${what} is not kept`, { data });
  if (row.holderAddress !== address)
    throw reeveError("MOVED", `${what} is held by ${row.holderAddress}`, { data: { owner: row.holderAddress } });
  if (row.status !== "failed") return;
  const why = row.lastError ?? "it has failed";
  throw reeveError("ACTOR_FAILED", `${what} stands still until its manager starts anew: ${why}`, { data });
}

function unrunOf({ unrun, unrunFrom }: ActorRow): Unrun | undefined {
  if (unrun === null) return undefined;
  return { from: unrunFrom, since: errorsFromData(decodePlain(unrun)) as Unrun["since"] };
}

function unrunAfter(before: OpenTurns, delivery: Delivery, needed: boolean): Unrun | undefined {
  const { unrun, version, revision } = before;
  if (unrun) return { ...unrun, since: { ...unrun.since, deliveries: [...unrun.since.deliveries, delivery] } };
  const since = { first: revision + 1, version, input: undefined, deliveries: [delivery] };
  return needed ? { from: before.kept, since } : undefined;
}

/** Most hold no error, and are written as they are. */
function encodeKept(what: string, value: unknown): string {
  try {
    return encodePlain(what, value);
  } catch {
    return encodePlain(what, errorsToData(value));
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}

function overtaken({ id, spec }: HeldActor) {
  return reeveError("FENCED", `actor "${id}" of machine "${spec.name}" is not this incarnation's any more`);
}
