import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { isReason, type ReeveError, reeveError } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import { LoopTurn } from "../base/loop-turn.ts";
import type { Random } from "../base/random.ts";
import type { ChildFrames } from "../inspection/index.ts";
import type { KeptMachine } from "../lifecycle/kept-machine.ts";
import type { AnyActorLogic, EventObject } from "../lifecycle/user-logic.ts";
import type { Registration } from "../registry/index.ts";
import { type Database, type OpenStore, type Session, sessionOf, type TransactionHook } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { ActorAlarm } from "./actor-alarm.ts";
import { ActorRows, actorKey, type DueActor, type HeldPage, type ListedActors } from "./actor-rows.ts";
import { type ActorRow, actorStore } from "./actor-store.ts";
import { type CommittedTurns, HeldActor, type HeldActorPort } from "./held-actor.ts";
import { HeldActors } from "./held-actors.ts";
import { type KeptMachineOptions, type KeptMachineSpec, KeptMachines, refusal, restored } from "./machines.ts";
import { RanMarks } from "./ran-marks.ts";
import { type FindDelivery, stale, type TakenTurn, TurnWriter } from "./turn-writer.ts";

export interface KeptActorsOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where they are shown. */
  readonly frames: ChildFrames;
  /** While it says so, nothing is done by itself: what lies below belongs to another process. */
  readonly paused: () => boolean;
  /** An actor has failed, or cannot be taken up. */
  onFailed(failure: ActorFailure): void;
  /** An actor that had failed is forgotten. */
  onForgotten(machine: string, actor: string): void;
}

export interface ActorFailure {
  readonly machine: string;
  /** Undefined where all of a version are meant. */
  readonly actor: string | undefined;
  readonly error: unknown;
  readonly onError: "cause" | "crash";
}

/** An actor whose row a transaction deletes. */
interface LeavingActor {
  readonly machine: string;
  readonly id: string;
  /** What it has taken before, in the same transaction. */
  readonly turns?: readonly [HeldActor, CommittedTurns] | undefined;
}

/** Timers that are heeded at once. */
const dueAtOnce = 64;
/** Of those whose retention is over: in one transaction. */
const purgedAtOnce = 500;
const pauses = { initialMs: 500, maxMs: 30_000 };

/** The kept actors that one incarnation holds. */
export class KeptActors {
  /** Belongs into the store of the same incarnation. */
  readonly hook: TransactionHook;
  readonly #options: KeptActorsOptions;
  readonly #rows: ActorRows;
  readonly #writer: TurnWriter;
  readonly #alarm: ActorAlarm;
  readonly #pauseMs: (attempt: number) => number;
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #ending = new AbortController();
  readonly #marks: RanMarks;
  readonly #held: HeldActors;
  /** What a transaction deletes. */
  readonly #gone = new WeakMap<Session, LeavingActor[]>();
  readonly #port: HeldActorPort;
  #machines = new KeptMachines("kept", []);
  #opened: OpenStore<any> | undefined;
  #restored = false;
  /** Keys of those whose state does not fit their machine, as was told. */
  readonly #refused = new Set<string>();

  private constructor(options: KeptActorsOptions) {
    const { database, registration, clock, random, log, frames } = options;
    const { manager, address } = registration;
    this.#options = options;
    this.#rows = new ActorRows(database, { manager, address });
    const wallNow = () => clock.wallNow();
    this.#writer = new TurnWriter({ rows: this.#rows, holder: { manager, address }, wallNow, random });
    this.#pauseMs = backoff(pauses, random);
    this.#marks = new RanMarks({
      ...{ clock, log, ending: this.#ending.signal },
      write: (marks) => this.#outside(() => this.#write((session) => this.#rows.ran(session, marks))),
    });
    this.#held = new HeldActors((key) => this.#marks.has(key));
    this.#alarm = new ActorAlarm({
      ...{ database, clock, log },
      earliest: (after) => this.#rows.earliest(after),
      fire: (now) => this.#fire(now),
    });
    this.hook = {
      committed: (session) => this.#toldCommitted(session),
      ended: (session) => this.#toldEnded(session),
    };
    this.#port = {
      ...{ clock, log, frames, ending: this.#ending.signal },
      outside: (action) => this.#outside(action),
      deliver: (actor, path, event, isWanted) => this.#deliver(actor, path, event, isWanted),
      ran: ({ key }, revision, awake) => this.#marks.set(key, { revision, awake }),
      failed: (actor, revision, error) => void this.#fail(actor, revision, error),
      resync: (actor) => void this.#resync(actor),
    };
  }

  static async open(options: KeptActorsOptions): Promise<KeptActors> {
    await options.database.migrate(actorStore);
    return new KeptActors(options);
  }

  /** @param opened the store whose transactions have this one's hook */
  attach(opened: OpenStore<any>): void {
    this.#opened = opened;
  }

  /** The machines are known from here on. @throws ReeveError `INVALID_OPTION` */
  use(field: string, machines: readonly (AnyActorLogic | KeptMachineOptions)[]): void {
    this.#machines = new KeptMachines(field, machines);
  }

  /** @throws ReeveError `INVALID_OPTION` where the machine was not declared */
  actor(logic: AnyActorLogic, id: string): HeldActor {
    return this.#actorOf(this.#machines.of(logic), id);
  }

  machine(logic: AnyActorLogic): KeptMachineSpec {
    return this.#machines.of(logic);
  }

  /**
   * Takes up what was kept before: begins the children again that had not ended, makes the actions again that may not have run, and
   * heeds the timers from here on. Once.
   */
  async restore(signal: AbortSignal): Promise<void> {
    if (this.#restored) return;
    const left = await this.#rows.versions();
    if (left.length > 0) await this.#takeUp(left, signal);
    this.#restored = true;
    if (!this.#machines.none) this.#alarm.start();
  }

  /** Begins an actor in a transaction. @throws ReeveError `ACTOR_EXISTS` */
  begin(session: Session, actor: HeldActor, input: unknown): Promise<KeptMachine> {
    return this.#writer.begin(session, actor, input, () => actor.spec.begin(actor.id, input));
  }

  /** Has an actor take an event in a transaction. */
  take(session: Session, actor: HeldActor, event: EventObject): Promise<TakenTurn> {
    return this.#writer.take(session, actor, () => ({ path: [], event }));
  }

  /** The same in a transaction of its own. */
  async send(actor: HeldActor, event: EventObject): Promise<TakenTurn> {
    this.#requireOpen();
    this.#options.database.refuseInside();
    return actor.inTurn(() => this.#turn(actor, () => ({ path: [], event })));
  }

  /** Begins or forgets an actor in a transaction of its own. */
  async alone<R>(actor: HeldActor, body: (session: Session) => Promise<R>): Promise<R> {
    this.#requireOpen();
    this.#options.database.refuseInside();
    return actor.inTurn(() => this.#write(body));
  }

  /** The row of an actor, whoever holds it. */
  find(actor: HeldActor): Promise<ActorRow | undefined> {
    return this.#rows.find(actor.key);
  }

  list(wanted: ListedActors): Promise<readonly ActorRow[]> {
    return this.#rows.list(wanted);
  }

  /** Those that this incarnation holds, by machine and id. */
  listHeld(page: HeldPage): Promise<readonly ActorRow[]> {
    return this.#rows.listHeld(page);
  }

  /**
   * One of those that this incarnation holds, for somebody who looks at it: from then on it is shown to whoever watches.
   *
   * @throws ReeveError `MACHINE_REFUSED`
   */
  async look(name: string, id: string): Promise<{ readonly row: ActorRow; readonly machine: KeptMachine } | undefined> {
    const { manager, address } = this.#options.registration;
    const spec = this.#machines.named(name);
    const row = await this.#rows.find(actorKey(manager, name, id));
    if (!row || !spec || row.holderAddress !== address) return undefined;
    const machine = this.lookAt(spec, row);
    if (row.status === "active") this.#actorOf(spec, id).show(machine);
    return { row, machine };
  }

  /** The machine of a row, to look at. @throws ReeveError `MACHINE_REFUSED` */
  lookAt(spec: KeptMachineSpec, row: ActorRow): KeptMachine {
    const cache = this.#held.get(row.key)?.cache;
    return cache?.revision === row.revision ? cache.machine : restored(spec, row, row.kept);
  }

  /** Deletes an actor, and ends what runs of it when that is committed. */
  async forget(session: Session, actor: HeldActor): Promise<boolean> {
    const { gone, turns } = await this.#writer.forget(session, actor);
    const leaving = { machine: actor.spec.name, id: actor.id, turns: turns && ([actor, turns] as const) };
    if (gone) this.#leaving(session, [leaving]);
    return gone;
  }

  hasLeft(address: string): Promise<boolean> {
    return this.#rows.hasSome(address);
  }

  /** Takes over the actors of a dead address of the same manager. @param stays whether that stays fenced until the commit */
  async takeOver(address: string, stays: (session: Session) => Promise<boolean>): Promise<number> {
    const taken = await this.#write(async (session) => {
      const adopted = (await stays(session)) ? await this.#rows.adopt(session, address) : 0;
      if (adopted > 0) await this.#rows.revive(session);
      return adopted;
    });
    if (taken === 0) return 0;
    // Nobody would come back for them: from here on they are this one's.
    await this.#persist(async () => void (await this.#resumeAwake(this.#ending.signal)));
    this.#alarm.wake();
    return taken;
  }

  /** Begins nothing by itself any more; resolves when what is under way is written down. */
  async drained(): Promise<void> {
    this.#alarm.stop();
    await this.#held.drained();
    await this.#marks.flush();
  }

  /** Ends it at once. What is left is the next one's. */
  close(reason: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort(reason);
    this.#alarm.stop();
    this.#held.clear();
  }

  #requireOpen(): void {
    const { signal } = this.#ending;
    if (signal.aborted) throw over(this.#options.registration, signal.reason);
  }

  #actorOf(spec: KeptMachineSpec, id: string): HeldActor {
    const key = actorKey(this.#options.registration.manager, spec.name, id);
    return this.#held.use(key, () => new HeldActor(spec, id, key, this.#port));
  }

  #write<R>(body: (session: Session) => Promise<R>): Promise<R> {
    const opened = this.#opened!;
    return opened.store.transaction((tx) => body(sessionOf(tx, opened)));
  }

  #leaving(session: Session, actors: readonly LeavingActor[]): void {
    this.#gone.set(session, [...(this.#gone.get(session) ?? []), ...actors]);
  }

  #toldCommitted(session: Session): void {
    // What was kept under the same id afterwards is another actor.
    for (const { machine, id, turns } of this.#gone.get(session) ?? []) {
      if (turns) this.#committed(...turns);
      this.#removed(machine, id);
    }
    this.#gone.delete(session);
    for (const [actor, turns] of this.#writer.ended(session)) this.#committed(actor, turns);
  }

  #committed(given: HeldActor, turns: CommittedTurns): void {
    // It may have been forgotten meanwhile, and asked for again.
    const actor = this.#held.get(given.key) ?? this.#actorOf(given.spec, given.id);
    // It fits after all.
    if (this.#refused.delete(actor.key)) this.#options.onForgotten(actor.spec.name, actor.id);
    actor.committed(turns);
    const { status, error } = turns.machine.snapshot;
    if (status === "active" && turns.machine.dueAt !== undefined) this.#alarm.by(turns.machine.dueAt);
    if (status === "error") this.#tellFailure(actor, error);
  }

  /** It was rolled back, or nobody knows; what was committed has been told already. */
  #toldEnded(session: Session): void {
    const written = this.#writer.ended(session).map(([{ spec, id }]) => ({ machine: spec.name, id }));
    for (const { machine, id } of [...written, ...(this.#gone.get(session) ?? [])]) {
      const spec = this.#machines.named(machine);
      if (spec) void this.#resync(this.#actorOf(spec, id));
    }
    this.#gone.delete(session);
  }

  /** Its row is no more: whatever is known of it would be taken for that of the next one of its id. */
  #removed(machine: string, id: string): void {
    const key = actorKey(this.#options.registration.manager, machine, id);
    this.#held.get(key)?.leave();
    this.#held.delete(key);
    this.#marks.delete(key);
    this.#refused.delete(key);
    this.#options.onForgotten(machine, id);
  }

  /** Whatever a commit has come to, its row has it. */
  async #resync(actor: HeldActor): Promise<void> {
    await this.#persist(() =>
      actor.inTurn(async () => {
        const row = await this.#rows.find(actor.key);
        if (row?.holderAddress === this.#options.registration.address) this.#resume(actor, row);
        else if (!row && actor.ran > 0) this.#removed(actor.spec.name, actor.id);
      }),
    );
  }

  #resume(actor: HeldActor, row: ActorRow): void {
    try {
      const machine = restored(actor.spec, row, row.kept);
      actor.resume(row, machine, this.#writer.replayed(actor, row));
    } catch (error) {
      this.#refuse(actor, error);
    }
  }

  async #resumeAwake(signal: AbortSignal): Promise<number> {
    const turn = new LoopTurn(this.#options.clock);
    let count = 0;
    for await (const row of this.#rows.awake()) {
      signal.throwIfAborted();
      if (turn.look()) await turn.turned();
      const spec = this.#machines.named(row.machine);
      // Told of already.
      if (!spec || refusal(spec, row.version) !== undefined) continue;
      count++;
      const actor = this.#actorOf(spec, row.actor);
      // One that has ended may have died before its last actions ran.
      if (row.status !== "failed") this.#outside(() => this.#resume(actor, row));
    }
    return count;
  }

  async #takeUp(left: readonly Pick<ActorRow, "machine" | "version">[], signal: AbortSignal): Promise<void> {
    await this.#reportStrangers(left);
    await this.#write((session) => this.#rows.revive(session));
    const awake = await this.#resumeAwake(signal);
    if (awake > 0) this.#options.log.info({ actors: awake }, "took up the kept actors that have something to do");
  }

  /** Whatever cannot be taken up is said by name, and stays as it is. */
  async #reportStrangers(left: readonly Pick<ActorRow, "machine" | "version">[]): Promise<void> {
    for (const { machine, version } of left) {
      const spec = this.#machines.named(machine);
      const why = spec ? refusal(spec, version) : "this manager declares no such machine in `kept`";
      if (why === undefined) continue;
      const error = reeveError("MACHINE_REFUSED", `kept actors of machine "${machine}": ${why}`, {
        data: { machine, version },
      });
      this.#options.log.error({ err: error }, "some kept actors are not taken up");
      this.#options.onFailed({ machine, actor: undefined, error, onError: "cause" });
    }
    for (const { machine, actor, lastError } of await this.#rows.inError())
      this.#options.onFailed({ machine, actor, error: new Error(lastError ?? "it has failed"), onError: "cause" });
  }

  /** An event of a child, or of an action: nobody waits for it, so it is tried until it is written. */
  #deliver(actor: HeldActor, path: readonly string[], event: EventObject, isWanted: () => boolean): Promise<void> {
    // A commit of which nobody knows may have been made.
    const offer = randomUUID();
    return actor.inTurn(() =>
      this.#persist(async () => {
        if (!isWanted()) return;
        await this.#own(actor, () => this.#turn(actor, () => ({ path, event, offer })));
      }),
    );
  }

  /** One turn, in a transaction of its own. */
  async #turn(actor: HeldActor, next: FindDelivery): Promise<TakenTurn> {
    try {
      return await this.#write((session) => this.#writer.takeAlone(session, actor, next));
    } catch (error) {
      if (error !== stale) throw error;
      return this.#write((session) => this.#writer.take(session, actor, next));
    }
  }

  /** What throws in a turn that nobody asked for is the actor's failure. */
  async #own(actor: HeldActor, turn: () => Promise<unknown>): Promise<void> {
    try {
      await turn();
    } catch (error) {
      if (isReason(error, "NO_ACTOR") || isReason(error, "MOVED") || isReason(error, "ACTOR_FAILED")) return;
      if (isStoresOwn(error)) throw error;
      if (isReason(error, "MACHINE_REFUSED")) return this.#refuse(actor, error);
      // Nothing may be in memory of one that was not used in this life.
      const row = await this.#rows.find(actor.key);
      if (row) await this.#fail(actor, row.revision, error);
    }
  }

  /** Its state stays as it is, and is not looked at again by itself. */
  #refuse(actor: HeldActor, error: unknown): void {
    if (this.#refused.has(actor.key)) return;
    this.#refused.add(actor.key);
    const { id, spec } = actor;
    this.#options.log.error({ err: error, actor: id, machine: spec.name }, "a kept actor is not taken up");
    this.#tellFailure(actor, error);
  }

  /** Tries until it is done, or all is over. Never rejects. */
  async #persist(body: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#ending;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await body();
      } catch (error) {
        if (signal.aborted || isReason(error, "FENCED")) return;
        log.warn({ err: error, attempt }, "a kept actor could not be written; trying again");
        await withTimeout(clock, this.#pauseMs(attempt), new Promise(() => {}), signal);
      }
    }
  }

  /** Those that are due. Resolves with whether there may be more. */
  async #fire(now: number): Promise<boolean> {
    if (this.#options.paused()) return false;
    const purged = (await this.#rows.anyOver(now)) ? await this.#purge(now) : 0;
    const { manager } = this.#options.registration;
    const isTakenUp = ({ machine, actor }: DueActor) => !this.#refused.has(actorKey(manager, machine, actor));
    const due = (await this.#rows.due(now, this.#machines.versions(), isTakenUp)).values();
    let heeded = 0;
    const next = async () => {
      for (const { machine, actor: id } of due) {
        const actor = this.#actorOf(this.#machines.named(machine)!, id);
        await actor.inTurn(() => this.#own(actor, () => this.#timer(actor, now)));
        heeded++;
      }
    };
    await Promise.all(Array.from({ length: dueAtOnce }, next));
    return heeded > 0 || purged === purgedAtOnce;
  }

  /** Deletes some of those that were to stay no longer. Resolves with how many. */
  #purge(now: number): Promise<number> {
    return this.#write(async (session) => {
      const purged = await this.#rows.purge(session, now, purgedAtOnce);
      this.#leaving(
        session,
        purged.map(({ machine, actor: id }) => ({ machine, id })),
      );
      return purged.length;
    });
  }

  #timer(actor: HeldActor, now: number): Promise<unknown> {
    return this.#turn(actor, (machine) => machine.due(now));
  }

  async #fail(actor: HeldActor, revision: number, error: unknown): Promise<void> {
    actor.leave();
    this.#held.delete(actor.key);
    this.#tellFailure(actor, error);
    const message = error instanceof Error ? error.message : String(error);
    await this.#persist(() =>
      this.#outside(() => this.#write((session) => this.#rows.fail(session, actor.key, revision, message))),
    );
  }

  #tellFailure({ spec, id }: HeldActor, error: unknown): void {
    this.#options.onFailed({ machine: spec.name, actor: id, error, onError: spec.onError });
  }
}

/** The store's own failures say nothing of the actor. */
function isStoresOwn(error: unknown): boolean {
  return (
    isReason(error, "STORE_FAILED") ||
    isReason(error, "FENCED") ||
    isReason(error, "TRANSACTION_TIMEOUT") ||
    isReason(error, "STORE_MISUSE") ||
    isReason(error, "NOT_SERVING")
  );
}

function over({ manager, address }: Registration, cause: unknown): ReeveError {
  return reeveError("NOT_SERVING", `${manager} at ${address} has ended; its actors go on in its next life`, {
    data: { state: "stopped" },
    cause,
  });
}
