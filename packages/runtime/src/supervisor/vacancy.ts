import { backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type MemberEntry, sameStore } from "../registry/membership/index.ts";

/** An address that another incarnation of the same store has taken. */
export interface LostAddress {
  readonly manager: string;
  readonly address: string;
  /** Of the incarnation that has it; undefined where the store does not say. */
  readonly epoch: number | undefined;
  /** How often in a row it was taken by one that was never heard of. */
  readonly unheard: number;
}

/** An address that nobody has any more, as far as can be told. */
export interface VacantAddress {
  /** Of the last incarnation that was there. */
  readonly epoch: number | undefined;
  /** Whether that was ever heard of. */
  readonly heard: boolean;
}

/** Tells when a lost address is free. */
export interface Vacancies {
  /** Returns how to stop. */
  wait(lost: LostAddress, onVacant: (vacant: VacantAddress) => void): () => void;
}

/** What is known of the other processes at this host's name. */
export interface Neighbours {
  /** What they say of one address. */
  said(manager: string, address: string): Iterable<MemberEntry>;
  /** Told when that has changed. Returns how to stop. */
  onSaid(listener: () => void): () => void;
  /** Asks who is there; resolves when all have had the time to answer: false where nobody can tell, as without a link. Never rejects. */
  inquire(): Promise<boolean>;
}

interface VacancyOptions {
  readonly neighbours: Neighbours;
  readonly clock: Clock;
  readonly random: Random;
  /** Identifies the store that the epochs are counted in. */
  readonly store: string;
  readonly lost: LostAddress;
  onVacant(vacant: VacantAddress): void;
}

/**
 * One that was never heard of may be about to say that it is there: it announces itself when it has registered. Twice as long with
 * each that never did, so that two that cannot hear each other do not take the address in turns.
 */
const pauses = { initialMs: 2_000, maxMs: 60 * 60 * 1_000 };

/**
 * Waits until whoever has taken an address is gone:
 *
 * | who has it | then |
 * |---|---|
 * | was never heard of | after a pause it is asked who is there, until somebody can tell |
 * | is heard of | it is waited for, however long it takes |
 * | has stopped, or is dead | it is asked who is there: what was missed may have another one there |
 * | nobody, as all say who can be asked | the address is free |
 */
export class Vacancy {
  readonly #options: VacancyOptions;
  readonly #stopHearing: () => void;
  readonly #pauseMs: () => number;
  #epoch: number | undefined;
  #heard = false;
  #asking = false;
  #timer: Timer;
  #over = false;

  constructor(options: VacancyOptions) {
    const { neighbours, lost, random } = options;
    this.#options = options;
    this.#epoch = lost.epoch;
    const pause = backoff(pauses, random);
    this.#pauseMs = () => pause(this.#heard ? 0 : lost.unheard);
    this.#stopHearing = neighbours.onSaid(() => this.#look());
    if (!this.#isTaken()) this.#askLater();
  }

  stop(): void {
    this.#over = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#stopHearing();
  }

  /** Something was said of whoever is at this host. */
  #look(): void {
    if (this.#isTaken()) this.#options.clock.clearTimeout(this.#timer);
    else if (this.#heard && !this.#asking) void this.#ask();
  }

  /** Whether somebody is heard of there. An incarnation before the one that has it counts for nothing: it is on its way out. */
  #isTaken(): boolean {
    const { neighbours, store, lost } = this.#options;
    let taken = false;
    for (const entry of neighbours.said(lost.manager, lost.address)) {
      if (!sameStore(entry, { store }) || entry.epoch < (this.#epoch ?? 0)) continue;
      this.#epoch = entry.epoch;
      taken = true;
    }
    this.#heard ||= taken;
    return taken;
  }

  #askLater(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.#ask(), this.#pauseMs());
  }

  async #ask(): Promise<void> {
    const { neighbours, onVacant, clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#asking = true;
    const known = await neighbours.inquire();
    this.#asking = false;
    if (this.#over || this.#isTaken()) return;
    if (!known) return this.#askLater();
    this.stop();
    onVacant({ epoch: this.#epoch, heard: this.#heard });
  }
}
