import type { Clock } from "../../base/clock.ts";
import type { CalleeProbe } from "../../rpc/membership.ts";
import { type Asking, hostScope, type MembersLink } from "./asking.ts";
import type { MemberView } from "./member-view.ts";

/** A process with no connection at the broker for so long has ended: one that lost them has them again within a second. */
const absentMs = 3_000;
const askEveryMs = 900;
/** Questions further apart than this prove nothing about the time between: this process stood still. */
const longestGapMs = 2_000;
/** One that is only refused the subscriptions it needs is heard before that, however seldom it says something. */
const silentForIntervals = 1.25;
/** Asked after at a time; made-up processes must not make this one ask all day. For others silence tells. */
const mostRows = 256;
/** A broker that takes longer to confirm proves nothing. */
const longestRoundMs = 1_000;

export interface AbsenceWatchOptions {
  readonly clock: Clock;
  readonly link: Pick<MembersLink, "connected" | "flush" | "onLink">;
  readonly asking: Asking;
  /** The process has ended. */
  onAbsent(view: MemberView): void;
}

/** A process that is asked after. */
interface Row {
  readonly view: MemberView;
  /** When it had been heard last as the row began. */
  readonly heardAt: number;
  /** When it was first asked in vain. */
  since: number | undefined;
  askedAt: number;
  asking: boolean;
}

/**
 * Tells a process that has ended from one that is slow, stopped or cut off: the broker forgets the subscriptions of a process that
 * has ended, and no new ones come; and its thread, which has a connection of its own, says nothing. What one round of questions makes of the row of rounds before it:
 *
 * | what is known after a round | the row |
 * |---|---|
 * | nobody listens where its host is asked for, nor where calls to it are in flight | goes on; after 3 s, and once it has missed a heartbeat, the process is absent |
 * | somebody listens at one of them: slow, stopped, or back | ends |
 * | no call is in flight there, or the broker did not confirm within a second: nothing is known | ends |
 * | it was heard | ends |
 * | the link of this process was lost, or is back | every row ends; begins when the process was heard over the new link |
 * | no round for 2 s: this process stood still | begins anew |
 */
export class AbsenceWatch {
  readonly #options: AbsenceWatchOptions;
  readonly #rows = new Map<string, Row>();
  readonly #forgetLink: () => void;
  #probe: CalleeProbe | undefined;
  #linkUpAt = Number.NEGATIVE_INFINITY;

  constructor(options: AbsenceWatchOptions) {
    const { clock, link } = options;
    this.#options = options;
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
  suspect(view: MemberView): void {
    if (view.size === 0 || this.#rows.has(view.id) || this.#rows.size >= mostRows || !this.#probe) return;
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
    const ended = !inVain || clock.now() - askedAt > longestRoundMs || view.heardAt !== row.heardAt || view.size === 0;
    const silentMs = askedAt - row.heardAt;
    if (!ended && (askedAt - row.since < absentMs || silentMs < silentForIntervals * view.everyMs)) return;
    this.#rows.delete(view.id);
    if (!ended) onAbsent(view);
  }

  async #asksInVain(view: MemberView): Promise<boolean> {
    // Nobody else is asked where no call is in flight: most of the time.
    const calls = await this.#probe?.(new Set(view.keys()));
    return calls === true && (await this.#hostInVain(view.host));
  }

  async #hostInVain(host: string): Promise<boolean> {
    const { link, asking } = this.#options;
    let inVain = false;
    let forget = () => {};
    try {
      forget = asking.ask(hostScope(host), () => {
        inVain = true;
      });
      // The broker's notice comes before its confirmation.
      await link.flush();
      return inVain;
    } catch {
      return false;
    } finally {
      forget();
    }
  }
}
