import type { Clock, Timer } from "../../base/clock.ts";
import type { Message, Subscription } from "../../transport/transport.ts";
import type { Beat } from "./beat.ts";
import type { BeatLink } from "./link.ts";
import { lastToken, type MembershipSubjects } from "./subjects.ts";

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly link: BeatLink;
  readonly subjects: MembershipSubjects;
  /** Names the subject that answers come to; one subject token, one per process. */
  readonly asker: string;
  /** A round ends after this even if nobody answers. */
  readonly timeoutMs: number;
  /** A round ends when nobody has answered for this long since the last answer. */
  readonly quietMs: number;
  /** Takes an answer; what it tells, unless it was not understood. */
  receive(message: Message): Beat | undefined;
}

interface Round {
  readonly kind: string;
  readonly manager: string;
  readonly major: number;
  readonly ended: Promise<void>;
  readonly end: () => void;
  number: number;
  /** Anew with every bound that it is given. */
  bounds: number;
  timer: Timer;
}

/**
 * Asks once per kind of manager who is there, before its first use. A round ends at once when nobody has such a manager,
 * soon after the answers stop, and at the latest at a bound; while the link is down it has not begun. Rounds made before the
 * link was lost count no longer.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #rounds = new Map<string, Round>();
  readonly #done = new Set<string>();
  #numbers = 0;
  #subscription: Subscription | undefined;
  readonly #forgetLink: () => void;
  #closed = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#forgetLink = options.link.onLink((up) => {
      if (!up) this.#done.clear();
      for (const round of this.#rounds.values()) {
        if (up) this.#ask(round);
        else options.clock.clearTimeout(round.timer);
      }
    });
  }

  discover(manager: string, major: number): Promise<void> | undefined {
    const kind = `${manager}.v${major}`;
    if (this.#closed || this.#done.has(kind)) return undefined;
    const running = this.#rounds.get(kind);
    if (running) return running.ended;
    const { promise, resolve } = Promise.withResolvers<void>();
    const round: Round = { kind, manager, major, ended: promise, end: resolve, number: 0, bounds: 0, timer: undefined };
    this.#rounds.set(kind, round);
    this.#listen();
    this.#ask(round);
    return promise;
  }

  /** Asks the processes of a host of whom they have: something of theirs was missed. The answer may be lost. */
  askHost(host: string): void {
    const { link, subjects, asker } = this.#options;
    this.#listen();
    try {
      link.publish(subjects.host(host), new Uint8Array(0), { reply: subjects.found(asker, "host") });
    } catch {
      // The link has too much to carry, or is being lost: they tell of everybody again by themselves.
    }
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.unsubscribe();
    this.#forgetLink();
    for (const round of [...this.#rounds.values()]) this.#end(round);
  }

  #listen(): void {
    const { link, subjects, asker } = this.#options;
    this.#subscription ??= link.subscribe(subjects.allFound(asker), (message) => this.#answered(message));
  }

  #ask(round: Round): void {
    const { link, subjects, asker, timeoutMs } = this.#options;
    // Asked when it is back.
    if (!link.connected) return;
    this.#numbers += 1;
    round.number = this.#numbers;
    this.#endIn(round, timeoutMs);
    try {
      const reply = subjects.found(asker, String(round.number));
      link.publish(subjects.wanted(round.manager, round.major), new Uint8Array(0), { reply, harmless: true });
    } catch {
      // The link has too much to carry, or is lost and the news is on its way: the bound, or the next link, ends the round.
    }
  }

  #answered(message: Message): void {
    if (message.noResponders) {
      const number = Number(lastToken(message.subject));
      for (const round of [...this.#rounds.values()]) if (round.number === number) this.#end(round);
      return;
    }
    const beat = this.#options.receive(message);
    for (const { manager, major } of beat?.members.slice(0, 1) ?? []) {
      const round = this.#rounds.get(`${manager}.v${major}`);
      if (round && round.number > 0) this.#endIn(round, this.#options.quietMs);
    }
  }

  #endIn(round: Round, ms: number): void {
    const { clock } = this.#options;
    round.bounds += 1;
    clock.clearTimeout(round.timer);
    round.timer = clock.setTimeout(() => void this.#expired(round, round.bounds), ms);
  }

  /**
   * An answer may have come already, and lie where this process or the broker has not got to while it stood still: it is
   * there before the broker's word on what is sent now.
   */
  async #expired(round: Round, bound: number): Promise<void> {
    const { link } = this.#options;
    const settled = await link.flush().then(
      () => true,
      // Without a link the round has not begun; the next link asks again.
      () => link.connected,
    );
    if (settled && round.bounds === bound && this.#rounds.get(round.kind) === round) this.#end(round);
  }

  #end(round: Round): void {
    this.#options.clock.clearTimeout(round.timer);
    this.#rounds.delete(round.kind);
    this.#done.add(round.kind);
    round.end();
  }
}
