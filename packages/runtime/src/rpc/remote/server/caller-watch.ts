import type { Clock, Timer } from "../../../base/clock.ts";
import { secretToken } from "../../../base/secret-token.ts";
import type { Message, Transport } from "../../../transport/transport.ts";
import type { CallerSuspicion } from "./caller-suspicion.ts";

const tickMs = 1_000;
/** A notice that takes longer comes from a broker that proves nothing. */
const longestNoticeMs = 5_000;

/** Somebody whose calls run here, and who is told so. */
export interface WatchedCaller {
  readonly suspicion: CallerSuspicion;
  /** Whether anything of it runs still. */
  readonly waits: boolean;
  /**
   * Says what still runs, as far as it is due. Returns whether anything was said.
   *
   * @param reply where the broker's notice comes when nobody listens
   */
  heartbeat(now: number, reply: string): boolean;
  /** It is gone: what runs for it is cancelled. */
  gone(): void;
}

export interface CallerWatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Told in each turn, for what has to be looked at now and then. */
  turned(now: number): void;
}

/** A heartbeat that may still be answered with a notice. */
interface Sent {
  readonly caller: WatchedCaller;
  readonly number: number;
  readonly at: number;
}

/**
 * Tells callers which of their slow calls still run, and learns by that which callers are gone: the broker says so when nobody
 * listens where heartbeats go. One such notice proves nothing: the caller's link may be away, or the broker may just have
 * started. Only an unbroken row of them, while this process's own link held, cancels its calls. Its timer runs only while calls do.
 */
export class CallerWatch {
  readonly #options: CallerWatchOptions;
  readonly #subject: string;
  /** Those with calls that run here, or ran at the last turn. */
  readonly #callers = new Set<WatchedCaller>();
  /** By where its notice comes, in the order of sending. */
  readonly #sent = new Map<string, Sent>();
  readonly #forgetLink: () => void;
  #timer: Timer | undefined;
  #armed = false;

  constructor(options: CallerWatchOptions) {
    this.#options = options;
    // A token longer than where answers come: a broker gives a notice to one of the subscriptions that match.
    this.#subject = `${options.transport.inbox}.heartbeat.notice`;
    this.#forgetLink = options.transport.onLink(() => this.#linkChanged());
  }

  /** Where the notices come. */
  get pattern(): string {
    return `${this.#subject}.*`;
  }

  /** A call of it is here. */
  began(caller: WatchedCaller): void {
    this.#callers.add(caller);
    if (this.#armed) return;
    this.#armed = true;
    this.#timer = this.#options.clock.setTimeout(() => this.#tick(), tickMs);
  }

  receive({ noResponders, subject }: Message): void {
    if (!noResponders) return;
    const sent = this.#sent.get(subject);
    if (sent?.caller.suspicion.refused(sent.number, sent.at)) sent.caller.gone();
  }

  close(): void {
    this.#armed = true;
    this.#forgetLink();
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** Whoever could not be reached over the link that was can be reached over the next, or gets the time to come back as well. */
  #linkChanged(): void {
    this.#sent.clear();
    for (const { suspicion } of this.#callers) suspicion.clear();
  }

  #tick(): void {
    this.#armed = false;
    const { clock, transport, turned } = this.#options;
    const now = clock.now();
    this.#forgetSent(now);
    for (const caller of this.#callers) {
      if (!caller.waits) this.#callers.delete(caller);
      else if (transport.connected) this.#heartbeat(caller, now);
    }
    turned.call(this.#options, now);
    const [caller] = this.#callers;
    if (caller) this.began(caller);
  }

  #forgetSent(now: number): void {
    for (const [subject, { at }] of this.#sent) {
      if (now - at < longestNoticeMs) return;
      this.#sent.delete(subject);
    }
  }

  #heartbeat(caller: WatchedCaller, now: number): void {
    // Who hears a heartbeat sees where its notice goes, and must not know by that where those of others do.
    const reply = `${this.#subject}.${secretToken()}`;
    if (!caller.heartbeat(now, reply)) return;
    this.#sent.set(reply, { caller, number: caller.suspicion.sent(now), at: now });
  }
}
