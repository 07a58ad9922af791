import type { Clock, Timer } from "../../base/clock.ts";
import type { Asking, MembersLink } from "./asking.ts";

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly link: Pick<MembersLink, "connected" | "flush" | "onLink">;
  readonly asking: Asking;
  /** A round ends after this even if nobody answers. */
  readonly timeoutMs: number;
  /** A round ends when nobody has answered for this long since the last answer. */
  readonly quietMs: number;
}

interface Round {
  readonly kind: string;
  readonly manager: string;
  readonly major: number;
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** How to hear no more of the question; undefined until it was asked. */
  forget: (() => void) | undefined;
  /** Anew with every bound that it is given. */
  bounds: number;
  timer: Timer;
}

/**
 * Asks once per kind of manager who is there, before its first use. A round ends at once when nobody has such a manager or the
 * broker refuses the question, soon after the answers stop, and at the latest at a bound; while the link is down it has not begun.
 * Rounds made before the link was lost count no longer.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #rounds = new Map<string, Round>();
  readonly #done = new Set<string>();
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
    const round: Round = {
      kind,
      manager,
      major,
      ended: promise,
      end: resolve,
      forget: undefined,
      bounds: 0,
      timer: undefined,
    };
    this.#rounds.set(kind, round);
    this.#ask(round);
    return promise;
  }

  /** Somebody has answered for a kind, or for several. */
  answered(kind: string): void {
    const round = this.#rounds.get(kind);
    if (round?.forget) this.#endIn(round, this.#options.quietMs);
  }

  close(): void {
    this.#closed = true;
    this.#forgetLink();
    for (const round of [...this.#rounds.values()]) this.#end(round);
  }

  #ask(round: Round): void {
    const { link, asking, timeoutMs } = this.#options;
    // Asked when it is back.
    if (!link.connected) return;
    round.forget?.();
    this.#endIn(round, timeoutMs);
    const scope = [round.manager, `v${round.major}`];
    try {
      round.forget = asking.ask(scope, () => this.#end(round));
    } catch {
      // The link has too much to carry, or is lost and the news is on its way: the bound, or the next link, ends the round.
    }
    const refused = () => {
      if (asking.isDenied(scope) && this.#rounds.get(round.kind) === round) this.#end(round);
    };
    // A refusal is told before the broker's word on what is sent behind the question, and taken in a turn later.
    link.flush().then(() => setImmediate(refused), refused);
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
    round.forget?.();
    this.#options.clock.clearTimeout(round.timer);
    this.#rounds.delete(round.kind);
    this.#done.add(round.kind);
    round.end();
  }
}
