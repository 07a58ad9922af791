import type { Clock, Timer } from "../../base/clock.ts";
import { alike } from "../../transport/denials.ts";
import type { Message, Subscription } from "../../transport/transport.ts";
import type { Beat } from "./beat.ts";
import type { BeatLink } from "./link.ts";
import { lastToken, type MembershipSubjects } from "./subjects.ts";

/** Those that do not answer within this are not waited for: a process that is stopped never answers. */
const timeoutMs = 1_000;
/** Only this process itself has answered, at once: others that are there answer within this. */
const quietMs = 250;

export interface HostInquiryOptions {
  readonly clock: Clock;
  readonly link: BeatLink;
  readonly subjects: MembershipSubjects;
  /** Names the subject that answers come to. */
  readonly asker: string;
  /** The sender that this process beats as: it may hear its own answer. */
  readonly own: string;
  /** Takes an answer; what it tells, unless it was not understood. */
  receive(message: Message): Beat | undefined;
}

interface Round {
  readonly number: number;
  readonly ended: (nobody: boolean) => void;
  timer: Timer;
}

/**
 * Asks the processes of one host name who they are. Without anybody there the broker says so at once; an answer of another one
 * ends the round, because what more there is to hear comes by itself.
 */
export class HostInquiry {
  readonly #options: HostInquiryOptions;
  readonly #rounds = new Map<number, Round>();
  readonly #forgetLink: () => void;
  #numbers = 0;
  readonly #subscription: Subscription;
  #closed = false;

  constructor(options: HostInquiryOptions) {
    const { link, subjects, asker } = options;
    this.#options = options;
    this.#subscription = link.subscribe(subjects.allFound(asker), (message) => this.#answered(message));
    this.#forgetLink = link.onLink((up) => {
      if (!up) this.#endAll();
    });
  }

  /** Whether all who are there have had the time to answer, and both the question and an answer may pass the broker. */
  async ask(host: string): Promise<boolean> {
    const { link, subjects, asker } = this.#options;
    if (this.#closed || !link.connected) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#numbers += 1;
    const round: Round = { number: this.#numbers, ended: resolve, timer: undefined };
    this.#rounds.set(round.number, round);
    this.#endIn(round, timeoutMs);
    try {
      const reply = subjects.found(asker, String(round.number));
      link.publish(subjects.host(host), new Uint8Array(0), { reply, harmless: true });
    } catch {
      // It is being lost, or has too much to carry: the bound, or the news of the loss, ends the round.
    }
    // What the broker says of nobody comes after all that it sent before, as its confirmation would.
    return (await promise) || ((await this.#confirmed()) && this.#permitted(host));
  }

  /** A question that the broker refuses is answered by nobody, whoever is there. */
  #permitted(host: string): boolean {
    const { link, subjects, asker } = this.#options;
    const { denials } = link;
    if (!denials) return true;
    return !denials.has("publish", alike(subjects.host(host))) && !denials.has("subscribe", subjects.allFound(asker));
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
    this.#subscription.unsubscribe();
    this.#forgetLink();
    this.#endAll();
  }

  #answered(message: Message): void {
    if (message.noResponders) {
      const round = this.#rounds.get(Number(lastToken(message.subject)));
      if (round) this.#end(round, true);
      return;
    }
    const beat = this.#options.receive(message);
    if (!beat) return;
    for (const round of [...this.#rounds.values()]) {
      if (beat.sender === this.#options.own) this.#endIn(round, quietMs);
      else this.#end(round);
    }
  }

  #endIn(round: Round, ms: number): void {
    const { clock } = this.#options;
    clock.clearTimeout(round.timer);
    round.timer = clock.setTimeout(() => this.#end(round), ms);
  }

  #end(round: Round, nobody = false): void {
    this.#options.clock.clearTimeout(round.timer);
    this.#rounds.delete(round.number);
    round.ended(nobody);
  }

  #endAll(): void {
    for (const round of [...this.#rounds.values()]) this.#end(round);
  }
}
