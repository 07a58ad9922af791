import type { Clock } from "../../base/clock.ts";
import type { CalleeProbe } from "../../rpc/membership.ts";
import type { Message, Subscription } from "../../transport/transport.ts";
import type { BeatLink } from "./link.ts";
import type { SenderView } from "./sender-view.ts";
import { lastToken, type MembershipSubjects } from "./subjects.ts";

/** A process with no connection at the broker for so long has ended: one that lost them has them again within a second. */
const absentMs = 3_000;
const askEveryMs = 900;
/** Questions further apart than this prove nothing about the time between: this process stood still. */
const longestGapMs = 2_000;
/** One that is only refused the subscriptions it needs is heard before that, however seldom it says something. */
const silentForIntervals = 1.25;
/** A broker that takes longer to confirm proves nothing. */
const longestRoundMs = 1_000;

export interface AbsenceWatchOptions {
  readonly clock: Clock;
  readonly link: BeatLink;
  readonly subjects: MembershipSubjects;
  /** Names the subject that answers come to; one subject token, one per process. */
  readonly asker: string;
  /** Takes an answer. */
  receive(message: Message): void;
  /** The process has ended. */
  onAbsent(view: SenderView): void;
}

/** A process that is asked after. */
interface Row {
  readonly view: SenderView;
  /** When it had been heard last as the row began. */
  readonly heardAt: number;
  /** When it was first asked in vain. */
  since: number | undefined;
  askedAt: number;
  asking: boolean;
}

/**
 * Tells a process that has ended from one that is slow, stopped or cut off: the broker forgets the subscriptions of a process that
 * has ended, on all its connections, and no new ones come. What one round of questions makes of the row of rounds before it:
 *
 * | what is known after a round | the row |
 * |---|---|
 * | nobody listens where its host is asked for (the thread's connection), nor where calls to it are in flight (the calls' own) | goes on; after 3 s, and once it has missed a heartbeat, the process is absent |
 * | somebody listens at one of them: slow, stopped, or back | ends |
 * | no call is in flight there, or the broker did not confirm within a second: nothing is known | ends |
 * | it was heard | ends |
 * | the link of this process was lost, or is back | every row ends; begins when the process was heard over the new link |
 * | no round for 2 s: this process stood still | begins anew |
 */
export class AbsenceWatch {
  readonly #options: AbsenceWatchOptions;
  readonly #rows = new Map<string, Row>();
  /** Questions that wait for the broker's word, and whether it was that nobody listens. */
  readonly #inVain = new Map<string, boolean>();
  readonly #subscription: Subscription;
  readonly #forgetLink: () => void;
  #probe: CalleeProbe | undefined;
  #linkUpAt = Number.NEGATIVE_INFINITY;
  #rounds = 0;

  constructor(options: AbsenceWatchOptions) {
    const { clock, link, subjects, asker } = options;
    this.#options = options;
    this.#subscription = link.subscribe(subjects.allFound(asker), (message) => this.#answered(message));
    this.#forgetLink = link.onLink((up) => {
      if (up) this.#linkUpAt = clock.now();
      this.#rows.clear();
    });
  }

  /** How to ask after the calls in flight; without it nobody is found absent. */
  probeWith(probe: CalleeProbe): () => void {
    this.#probe = probe;
    return () => {
      this.#probe = undefined;
    };
  }

  /** Asks after a process now, and from then on at each sweep, until something is known. */
  suspect(view: SenderView): void {
    if (view.empty || this.#rows.has(view.id) || !this.#probe) return;
    // A broker that this process has just come to may not have the others yet.
    if (!this.#options.link.connected || view.heardAt <= this.#linkUpAt) return;
    const row: Row = {
      view,
      heardAt: view.heardAt,
      since: undefined,
      askedAt: Number.NEGATIVE_INFINITY,
      asking: false,
    };
    this.#rows.set(view.id, row);
    void this.#ask(row);
  }

  sweep(now: number): void {
    for (const row of this.#rows.values()) if (!row.asking && now - row.askedAt >= askEveryMs) void this.#ask(row);
  }

  close(): void {
    this.#rows.clear();
    this.#probe = undefined;
    this.#subscription.unsubscribe();
    this.#forgetLink();
  }

  async #ask(row: Row): Promise<void> {
    const { clock, onAbsent } = this.#options;
    const { view } = row;
    const askedAt = clock.now();
    if (row.since === undefined || askedAt - row.askedAt > longestGapMs) row.since = askedAt;
    row.askedAt = askedAt;
    row.asking = true;
    const inVain = await this.#asksInVain(view);
    row.asking = false;
    // The link was lost meanwhile, or this is closed.
    if (this.#rows.get(view.id) !== row) return;
    const ended = !inVain || clock.now() - askedAt > longestRoundMs || view.heardAt !== row.heardAt || view.empty;
    const silentMs = askedAt - row.heardAt;
    if (!ended && (askedAt - row.since < absentMs || silentMs < silentForIntervals * view.everyMs)) return;
    this.#rows.delete(view.id);
    if (!ended) onAbsent(view);
  }

  async #asksInVain(view: SenderView): Promise<boolean> {
    const places = new Set(view.places());
    const [host, calls] = await Promise.all([this.#hostInVain(view.host), this.#probe?.(places)]);
    return host && calls === true;
  }

  async #hostInVain(host: string): Promise<boolean> {
    const { link, subjects, asker } = this.#options;
    this.#rounds += 1;
    const round = String(this.#rounds);
    this.#inVain.set(round, false);
    try {
      link.publish(subjects.host(host), new Uint8Array(0), { reply: subjects.found(asker, round) });
      // The broker's notice comes before its confirmation.
      await link.flush();
      return this.#inVain.get(round)!;
    } catch {
      return false;
    } finally {
      this.#inVain.delete(round);
    }
  }

  #answered(message: Message): void {
    const round = lastToken(message.subject);
    if (!message.noResponders) this.#options.receive(message);
    else if (this.#inVain.has(round)) this.#inVain.set(round, true);
  }
}
