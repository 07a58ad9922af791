import type { Clock, Timer } from "../../base/clock.ts";
import { type Asking, hostScope, type MembersLink } from "./asking.ts";

/** Those that do not answer within this are not waited for: a process that is stopped never answers. */
const timeoutMs = 1_000;
/** Only this process itself has answered, at once: others that are there answer within this. */
const quietMs = 250;

export interface HostInquiryOptions {
  readonly clock: Clock;
  readonly link: Pick<MembersLink, "connected" | "flush" | "onLink">;
  readonly asking: Asking;
  /** The sender that this process speaks as: it may hear its own answer. */
  readonly own: string;
}

interface Round {
  readonly host: string;
  readonly ended: (nobody: boolean) => void;
  timer: Timer;
  forget: (() => void) | undefined;
}

/**
 * Asks the processes of one host name who they are. Without anybody there the broker says so at once; an answer of another one
 * ends the round, because what more there is to hear comes by itself.
 */
export class HostInquiry {
  readonly #options: HostInquiryOptions;
  readonly #rounds = new Set<Round>();
  readonly #forgetLink: () => void;
  #closed = false;

  constructor(options: HostInquiryOptions) {
    this.#options = options;
    this.#forgetLink = options.link.onLink((up) => {
      if (!up) this.#endAll();
    });
  }

  /** Whether all who are there have had the time to answer, and both the question and an answer may pass the broker. */
  async ask(host: string): Promise<boolean> {
    const { link, asking } = this.#options;
    if (this.#closed || !link.connected) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const round: Round = { host, ended: resolve, timer: undefined, forget: undefined };
    this.#rounds.add(round);
    this.#endIn(round, timeoutMs);
    try {
      round.forget = asking.ask(hostScope(host), () => this.#end(round, true));
    } catch {
      // It is being lost, or has too much to carry: the bound, or the news of the loss, ends the round.
    }
    // What the broker says of nobody comes after all that it sent before, as its confirmation would.
    return (await promise) || (!this.#closed && (await this.#confirmed()) && !asking.isDenied(hostScope(host)));
  }

  /** A process has told of everybody that it has at a host. */
  answered(sender: string, host: string): void {
    for (const round of [...this.#rounds]) {
      if (round.host !== host) continue;
      if (sender === this.#options.own) this.#endIn(round, quietMs);
      else this.#end(round);
    }
  }

  /** Answers that the broker has sent, but this process has not got to, are there before its word on what is sent now. */
  #confirmed(): Promise<boolean> {
    const { clock, link } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(false), timeoutMs);
      const settle = (confirmed: boolean) => {
        clock.clearTimeout(timer);
        resolve(confirmed);
      };
      link.flush().then(
        // A refusal that came before is taken in by then.
        () => setImmediate(() => settle(true)),
        () => settle(false),
      );
    });
  }

  close(): void {
    this.#closed = true;
    this.#forgetLink();
    this.#endAll();
  }

  #endIn(round: Round, ms: number): void {
    const { clock } = this.#options;
    clock.clearTimeout(round.timer);
    round.timer = clock.setTimeout(() => this.#end(round), ms);
  }

  #end(round: Round, nobody = false): void {
    this.#options.clock.clearTimeout(round.timer);
    this.#rounds.delete(round);
    round.forget?.();
    round.ended(nobody);
  }

  #endAll(): void {
    for (const round of [...this.#rounds]) this.#end(round);
  }
}
