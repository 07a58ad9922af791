import { ReeveError } from "@reeve/contract";
import type { Clock, Timer } from "../base/clock.ts";
import type { LoopTurn } from "../base/loop-turn.ts";
import type { Random } from "../base/random.ts";
import type { Database, Session, TransactionHook } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { keyUntil } from "./cast-changes.ts";
import type { Delivery } from "./cast-event.ts";
import type { CastHolder, CastRows } from "./cast-rows.ts";
import type { CastSender } from "./cast-sender.ts";
import type { CastRow } from "./cast-store.ts";
import { ClockStep } from "./clock-step.ts";
import { FullAddresses } from "./full-addresses.ts";
import { longestCommitMs, pauseMs } from "./pauses.ts";
import { RelayTurn } from "./relay-turn.ts";

export interface RelayOptions {
  readonly database: Database;
  readonly rows: CastRows;
  readonly holder: CastHolder;
  /** Refuses its commits once somebody else holds its casts. */
  readonly fence: TransactionHook;
  readonly sender: CastSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Lets the loop turn between commits, where a store and callees answer at once. */
  readonly turn: LoopTurn;
  /** Casts under way at a time. Default 256. */
  readonly concurrency?: number | undefined;
  /** Of those, casts to one address. Default 64. */
  readonly perAddress?: number | undefined;
  /** While it says so, nothing is sent. Default never. */
  readonly paused?: (() => boolean) | undefined;
  /** Somebody else holds its casts. */
  onFenced(error: ReeveError): void;
}

/** When a turn began: by the database's clock, and by the process's own. */
interface TurnTime {
  readonly now: number;
  readonly knownAt: number;
}

/** A delivery that has ended and is not in the store yet. */
export interface Ended {
  readonly row: CastRow;
  readonly delivery: Delivery;
}

/** A process that stood still after its commit cannot know whose it is by now, and how long its key is kept. */
const late: Delivery = { event: "absent", reason: null, message: "its commit took too long: it was not sent" };

const defaultConcurrency = 256;
const defaultPerAddress = 64;
const bounded = { timeoutMs: longestCommitMs };

/** However far away the next one is: the database's clock may be set meanwhile. */
const longestSleepMs = 300_000;
/** Where the address that was found for a cast is full, another is looked for so soon. */
const retryMs = 1_000;

/**
 * Delivers the casts of one holder. It works in turns, one at a time, each of which is at most one commit for all that there is to
 * write: what has ended, what is taken next. Nothing is sent before the commit that says so, and nothing after a fence has refused
 * one. While nothing is due it has one timer, and reads nothing.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #concurrency: number;
  readonly #full: FullAddresses;
  readonly #ending = new AbortController();
  readonly #acknowledgements = new Acknowledgements();
  readonly #step = new ClockStep();
  readonly #inFlight = new Map<string, CastRow>();
  readonly #idle: (() => void)[] = [];
  #ended: Ended[] = [];
  /** Rows whose keys are forgotten by now. */
  #forgotten: string[] = [];
  /** Managers that somebody has come for. */
  readonly #arrived = new Set<string>();
  /** Something may be due. */
  #woken = false;
  /** More is due than there was room for. */
  #more = false;
  /** What is said to be under way may not be: it has just begun, or a commit failed. */
  #doubtful = true;
  #begun = false;
  #draining = false;
  #turning = false;
  /** Turns that have failed since one succeeded. */
  #failures = 0;
  /** It waits before it tries again. */
  #stalled = false;
  #timer: Timer | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? defaultConcurrency;
    this.#full = new FullAddresses(options.perAddress ?? defaultPerAddress);
  }

  /** Delivers from now on, beginning with what an earlier life has left. */
  start(): void {
    this.#begun = true;
    this.wake();
  }

  /** Something may be due. */
  wake(): void {
    this.#woken = true;
    this.#turn();
  }

  /** Its rows were changed from elsewhere. */
  reload(): void {
    this.#doubtful = true;
    this.wake();
  }

  /** Somebody has come who takes calls of a manager: what waited for that is tried at once. */
  arrived(manager: string): void {
    if (!this.#begun) return;
    this.#arrived.add(manager);
    this.#turn();
  }

  /** Takes nothing new; resolves when what is under way has ended. What is left is the next one's. */
  drained(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      this.#idle.push(resolve);
      this.#turn();
    });
  }

  /** Ends it at once. What is under way goes on at its callee, under its key. */
  close(reason: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort(reason);
    this.#options.clock.clearTimeout(this.#timer);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  get #closed(): boolean {
    return this.#ending.signal.aborted;
  }

  get #room(): number {
    return this.#concurrency - this.#inFlight.size;
  }

  get #takes(): boolean {
    return this.#begun && !this.#draining && this.#options.paused?.() !== true;
  }

  get #busy(): boolean {
    const looks = this.#takes && (this.#woken || this.#arrived.size > 0) && this.#room > 0;
    return looks || this.#ended.length + this.#forgotten.length > 0;
  }

  /** One at a time. */
  #turn(): void {
    if (this.#turning || this.#closed) return;
    // What it could not write, the next one finds out.
    if (this.#stalled) return this.#rest();
    this.#turning = true;
    void this.#turns().finally(() => {
      this.#turning = false;
      if (this.#busy) this.#turn();
      else this.#rest();
    });
  }

  /** Tells those who wait for the end of what is under way. */
  #rest(): void {
    if (this.#inFlight.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #turns(): Promise<void> {
    const { turn } = this.#options;
    while (this.#busy && !this.#closed && !this.#stalled) {
      try {
        if (turn.look()) await turn.turned();
        await this.#once();
        this.#failures = 0;
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  async #once(): Promise<void> {
    const { database, clock } = this.#options;
    const now = await database.now();
    const knownAt = clock.now();
    await this.#heedStep({ now, knownAt });
    if (this.#doubtful) await this.#reclaim(now);
    const looks = this.#takes && this.#room > 0;
    const due = looks ? await this.#look(now) : [];
    const turn = await this.#compose(due, now);
    if (!turn.empty) await this.#commit(turn, { now, knownAt });
    if (turn.advances) this.#woken = true;
    if (!looks) return;
    if (!this.#more) await this.#sleep(now, knownAt);
    else if (this.#room > 0) this.#woken = true;
  }

  /** Pauses are not as long as the database's clock was ahead. Timers are by that clock, whatever it says. */
  async #heedStep(time: TurnTime): Promise<void> {
    const back = this.#step.backBy(time);
    if (back > 0) {
      const { rows, log } = this.#options;
      log.warn({ backMs: back }, "the database's clock was set back: casts that wait to be tried again are tried now");
      await this.#write((session) => rows.recall(session, time.now));
      this.#acknowledgements.setBack(back);
    }
    this.#step.note(time);
  }

  /** What there is room for of what is due. */
  async #look(now: number): Promise<readonly CastRow[]> {
    const { rows } = this.#options;
    const room = this.#room;
    const arrived = [...this.#arrived];
    this.#arrived.clear();
    this.#woken = false;
    if (arrived.length > 0) await this.#write((session) => rows.hasten(session, arrived, now + longestSleepMs));
    this.#full.review(this.#inFlight.values());
    const due = await rows.due(now, room, this.#full.held);
    this.#more = due.length >= room;
    return due;
  }

  async #compose(due: readonly CastRow[], now: number): Promise<RelayTurn> {
    const { rows, sender, random } = this.#options;
    const turn = new RelayTurn(rows, now, random);
    const admits = this.#full.admission(this.#inFlight.values());
    const place = async (row: CastRow) => {
      const found = await sender.place(row);
      if (!found || !("address" in found) || admits(row, found)) turn.place(row, found);
    };
    await Promise.all(due.map(place));
    for (const ended of this.#ended) turn.settle(ended);
    turn.forget(this.#forgotten);
    return turn;
  }

  async #commit(turn: RelayTurn, begun: TurnTime): Promise<void> {
    const settled = this.#ended.length;
    const forgotten = this.#forgotten.length;
    const taken = await this.#write((session) => turn.write(session));
    // Others may have come behind them meanwhile.
    for (const { row } of this.#ended.splice(0, settled)) {
      const notBefore = turn.doneUntil(row.id);
      if (notBefore === undefined) continue;
      const { id, key, manager, address } = row;
      this.#acknowledgements.add(manager, address!, { id, key, notBefore });
    }
    this.#forgotten.splice(0, forgotten);
    for (const row of taken) this.#send(row, begun);
    if (this.#full.review(this.#inFlight.values())) this.#woken = true;
  }

  async #write<R>(body: (session: Session) => Promise<R>): Promise<R> {
    const { database, fence } = this.#options;
    const written = await database.write(async (session) => {
      await fence.begin?.(session);
      return body(session);
    }, bounded);
    // Closed meanwhile, nothing more may leave.
    if (this.#closed) throw this.#ending.signal.reason;
    return written;
  }

  /** What an earlier life had under way, or a commit of which nobody knows, is nobody's now. */
  async #reclaim(now: number): Promise<void> {
    const { rows, holder } = this.#options;
    this.#doubtful = false;
    const known = new Set([...this.#inFlight.keys(), ...this.#ended.map(({ row }) => row.id)]);
    const open = await rows.open();
    if (open.some(({ id, state }) => state === "sent" && !known.has(id)))
      await this.#write((session) => rows.interrupt(session, holder.address, [...known]));
    for (const done of open) {
      if (done.state !== "done" || done.address === null) continue;
      // Reckoned by a clock that was ahead, it would be later than can be of use.
      const latest = keyUntil({ ...done, uncertain: true }, now)!;
      const notBefore = Math.min(done.nextAt ?? 0, latest);
      this.#acknowledgements.add(done.manager, done.address, { id: done.id, key: done.key, notBefore });
    }
  }

  #send(row: CastRow, { now, knownAt }: TurnTime): void {
    const { sender, clock } = this.#options;
    if (clock.now() - knownAt > longestCommitMs) return void this.#ended.push({ row, delivery: late });
    this.#inFlight.set(row.id, row);
    const carried = this.#acknowledgements.take(row.manager, row.address!, now);
    const acknowledges = carried.map(({ key }) => key);
    void sender.send(row, { acknowledges, signal: this.#ending.signal }).then((delivery) => {
      this.#inFlight.delete(row.id);
      // It stays as sent: the next one finds out what became of it.
      if (this.#closed) return;
      if (delivery.heard) this.#forgotten.push(...carried.map(({ id }) => id));
      else for (const done of carried) this.#acknowledgements.add(row.manager, row.address!, done);
      this.#ended.push({ row, delivery });
      if (this.#full.ended(row, this.#inFlight.values()) || this.#more) this.#woken = true;
      this.#turn();
    });
  }

  async #sleep(now: number, knownAt: number): Promise<void> {
    const { rows, clock } = this.#options;
    const earliest = await rows.earliest(this.#full.held);
    clock.clearTimeout(this.#timer);
    const { roams } = this.#full;
    if ((earliest === undefined && !roams) || this.#closed) return;
    const passed = clock.now() - knownAt;
    const longest = roams ? retryMs : longestSleepMs;
    const sleepMs = Math.min(longest, Math.max(0, (earliest ?? Number.POSITIVE_INFINITY) - now - passed));
    this.#timer = clock.setTimeout(() => {
      this.#full.retry();
      this.wake();
    }, sleepMs);
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    if (error instanceof ReeveError && error.reason === "FENCED") {
      this.close(error);
      return this.#options.onFenced(error);
    }
    const { log, clock, random } = this.#options;
    this.#failures += 1;
    this.#stalled = true;
    this.#doubtful = true;
    this.#woken = true;
    log.warn({ err: error, failures: this.#failures }, "durable casts could not be looked at; trying again");
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(
      () => {
        this.#stalled = false;
        this.#turn();
      },
      pauseMs(this.#failures, random),
    );
  }
}
