import { type Alarms, alike, type Clock, type Denial, type Denials, type Timer } from "@reeve/runtime/transport";

interface DeniedRightsOptions {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly denials: Denials;
  /** Subscribes once more to what was denied. */
  subscribeAgain(subject: string): void;
  publishEmpty(subject: string): void;
  /** Resolves when the broker has said what it has to say of all that was sent before; rejects when the link is lost. */
  confirm(): Promise<void>;
}

interface Kept extends Denial {
  /** How often the broker has said so, to tell whether it has since. */
  refusals: number;
  at: number;
  /** The broker's word on it is waited for. */
  asking: boolean;
}

/** A broker's rules can be changed under a connection, which is told nothing: what was denied is tried again. */
const retryMs = 5_000;
/** What nobody publishes any more, and cannot be tried, is not denied for ever. */
const forgetMs = 60_000;
/** Rights to publish where an empty message harms nobody. */
const mostHarmless = 1_024;

/** Keeps what the broker forbids, says it once, and finds out when it is permitted. */
export class DeniedRights {
  readonly #options: DeniedRightsOptions;
  readonly #kept = new Map<string, Kept>();
  /** A subject of each. */
  readonly #harmless = new Map<string, string>();
  #timer: Timer;

  constructor(options: DeniedRightsOptions) {
    this.#options = options;
  }

  /** Whether anything is denied now. */
  get any(): boolean {
    return this.#kept.size > 0;
  }

  /** The broker has said so. */
  refused(right: Denial["right"], of: string, cause: unknown): void {
    const { clock, denials, alarms } = this.#options;
    const subject = right === "publish" ? alike(of) : of;
    const news = denials.add({ right, subject });
    if (news || denials.has(right, subject)) {
      const key = `${right} ${subject}`;
      const kept = this.#kept.get(key) ?? { right, subject, refusals: 0, at: 0, asking: false };
      this.#kept.set(key, kept);
      kept.refusals += 1;
      kept.at = clock.now();
      this.#later();
    }
    if (news) {
      const doing = right === "publish" ? "publishing" : "subscribing";
      const message = `The broker forbids ${doing} to ${subject}; allow it in the user's permissions`;
      alarms.raise(`${right}.denied`, message, { subject, cause });
    }
    denials.refused({ right, subject: of });
  }

  /** An empty message to that subject harms nobody. */
  harmless(subject: string): void {
    if (this.#harmless.size < mostHarmless) this.#harmless.set(alike(subject), subject);
  }

  /** Something is published while something is denied: if it is that, the broker permits it now or says so once more. */
  published(subject: string): void {
    const kept = this.#kept.get(`publish ${alike(subject)}`);
    if (kept) void this.#ask([kept]);
  }

  /** Nobody wants the subscription any more. */
  unsubscribed(subject: string): void {
    const kept = this.#kept.get(`subscribe ${subject}`);
    if (kept) this.#permitted(kept);
  }

  /** A new link: everything was subscribed to anew. */
  linked(): void {
    for (const kept of this.#kept.values()) kept.asking = false;
    void this.#ask([...this.#kept.values()].filter(({ right }) => right === "subscribe"));
  }

  close(): void {
    this.#kept.clear();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#timer !== undefined || this.#kept.size === 0) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#retry();
      this.#later();
    }, retryMs);
  }

  #retry(): void {
    const { clock, subscribeAgain, publishEmpty } = this.#options;
    const tried: Kept[] = [];
    for (const kept of [...this.#kept.values()]) {
      const { right, subject, at } = kept;
      const harmless = this.#harmless.get(subject);
      if (right === "subscribe") subscribeAgain(subject);
      else if (harmless !== undefined) publishEmpty(harmless);
      else if (clock.now() - at > forgetMs) this.#permitted(kept);
      else continue;
      tried.push(kept);
    }
    void this.#ask(tried);
  }

  /** What the broker has not refused once more by the time that it confirms, it permits. */
  async #ask(kept: readonly Kept[]): Promise<void> {
    const asked = kept.filter(({ asking }) => !asking).map((one) => ({ one, before: one.refusals }));
    if (asked.length === 0) return;
    for (const { one } of asked) one.asking = true;
    // Without a confirmation the link is lost: the next one asks.
    const confirmed = await this.#options.confirm().then(
      () => true,
      () => false,
    );
    for (const { one, before } of asked) {
      one.asking = false;
      if (confirmed && one.refusals === before) this.#permitted(one);
    }
  }

  #permitted(kept: Kept): void {
    const { right, subject } = kept;
    if (this.#kept.get(`${right} ${subject}`) !== kept) return;
    this.#kept.delete(`${right} ${subject}`);
    this.#options.denials.remove({ right, subject });
  }
}
