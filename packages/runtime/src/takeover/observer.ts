import { type ClockReading, DatabaseClock } from "../leases/index.ts";
import { type ObserverEvent, type ObserverState, observerTable } from "./observer-state.ts";

/** How long the broker must have been there without a break: as long as a silence that says something. */
export const linkWindowMs = 10_000;
/** How long the database must have answered without a break: as long as a member lease lasts. */
export const databaseWindowMs = 6_000;
/** Looks that are further apart say that this process stood still. */
const longestGapMs = 3_000;
/**
 * A database that takes longer may have kept others from renewing their leases as well: those last 4 s at least after a renewal
 * that was not held up, and a look is on its way 1 s after the one before.
 */
const longestAnswerMs = 2_000;

/** Says what this process may say of others. Times are those of one clock that counts sleep, in ms. */
export class Observer {
  #state: ObserverState = "blind";
  #linkSince: number | undefined;
  #databaseSince: number | undefined;
  #lookedAt: number | undefined;
  readonly #databaseClock = new DatabaseClock();

  get state(): ObserverState {
    return this.#state;
  }

  /** Since when others could have been heard without a break; undefined while they cannot. */
  get linkSince(): number | undefined {
    return this.#linkSince;
  }

  link(up: boolean, now: number): void {
    this.#linkSince = up ? now : undefined;
    if (!up) this.#tell("lost");
  }

  /**
   * What it has answered now; undefined: it does not answer, or takes no writes. One whose clock was set tells of leases that have run out by that
   * alone, or never do: each member renews its own within the window.
   */
  database(answer: ClockReading | undefined): void {
    const wasSet = answer !== undefined && this.#databaseClock.wasSet(answer);
    const prompt = answer !== undefined && answer.answeredAt - answer.askedAt <= longestAnswerMs;
    if (!prompt || wasSet) this.#tell("lost");
    if (wasSet) this.#databaseSince = undefined;
    this.#databaseSince = prompt ? (this.#databaseSince ?? answer.askedAt) : undefined;
  }

  /** Called at each look at the others, more often than every 3 s. */
  look(now: number): void {
    const gapMs = this.#lookedAt === undefined ? 0 : now - this.#lookedAt;
    this.#lookedAt = now;
    if (gapMs > longestGapMs) {
      if (this.#linkSince !== undefined) this.#linkSince = now;
      if (this.#databaseSince !== undefined) this.#databaseSince = now;
      this.#tell("stoodStill");
    }
    if (this.#linkSince === undefined || this.#databaseSince === undefined) return;
    this.#tell("back");
    if (now - this.#linkSince >= linkWindowMs && now - this.#databaseSince >= databaseWindowMs) this.#tell("settled");
  }

  #tell(event: ObserverEvent): void {
    this.#state = observerTable[this.#state][event] ?? this.#state;
  }
}
