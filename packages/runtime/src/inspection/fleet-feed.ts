import type { Clock, Timer } from "../base/clock.ts";
import {
  decode,
  encode,
  type FleetMessage,
  type FleetTransport,
  fleetSubjects,
  watchEveryMs,
  watchLeaseMs,
} from "./fleet-channel.ts";
import type { HostFeed, HostWatch } from "./host-feed.ts";
import { readInterest } from "./interest.ts";
import type { HostNews, Interest } from "./news.ts";

const mostWatchers = 64;
const refreshEveryMs = 1_000;

export interface FleetFeedOptions {
  readonly feed: HostFeed;
  readonly transport: FleetTransport;
  readonly namespace: string;
  readonly clock: Clock;
}

interface Lease {
  readonly untilMs: number;
  readonly interest: Interest;
}

/** Offers one host's feed to whoever serves the page elsewhere in the fleet; publishes only while somebody there watches. */
export class FleetFeed {
  readonly #feed: HostFeed;
  readonly #transport: FleetTransport;
  readonly #clock: Clock;
  readonly #newsSubject: string;
  readonly #subscriptions: readonly { unsubscribe(): void }[];
  readonly #leases = new Map<string, Lease>();
  #watch: HostWatch | undefined;
  #timer: Timer | undefined;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ feed, transport, namespace, clock }: FleetFeedOptions) {
    this.#feed = feed;
    this.#transport = transport;
    this.#clock = clock;
    const subjects = fleetSubjects(namespace);
    this.#newsSubject = subjects.news(feed.instance);
    this.#subscriptions = [transport.subscribe(subjects.watch, (message) => this.#noticed(message))];
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#leases.clear();
    this.#settle();
  }

  #noticed({ data }: FleetMessage): void {
    const notice = decode(data);
    if (typeof notice?.watcher !== "string") return;
    const { watcher, refresh } = notice;
    const isNew = !this.#leases.has(watcher);
    if (notice.end || (isNew && this.#leases.size >= mostWatchers)) this.#leases.delete(watcher);
    else {
      const untilMs = this.#clock.now() + watchLeaseMs;
      this.#leases.set(watcher, { untilMs, interest: readInterest(notice.interest) });
    }
    const missed = isNew || (Array.isArray(refresh) && refresh.includes(this.#feed.instance));
    this.#settle(missed);
  }

  /** Watches while there are leases, and wants what they want. */
  #settle(missed = false): void {
    const now = this.#clock.now();
    for (const [watcher, { untilMs }] of this.#leases) if (untilMs <= now) this.#leases.delete(watcher);
    if (this.#leases.size === 0) {
      this.#watch?.end();
      this.#watch = undefined;
      this.#clock.clearTimeout(this.#timer);
      return;
    }
    const interest = this.#interest();
    if (this.#watch) {
      if (missed) this.#refresh(now);
      this.#watch.want(interest);
      return;
    }
    this.#refreshedAtMs = now;
    this.#watch = this.#feed.watch((news) => this.#publish(news), interest);
    this.#schedule();
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#schedule();
      this.#settle();
    }, watchEveryMs);
  }

  #refresh(now: number): void {
    if (now - this.#refreshedAtMs < refreshEveryMs) return;
    this.#refreshedAtMs = now;
    this.#watch?.refresh();
  }

  #interest(): Interest {
    const interests = [...this.#leases.values()].map(({ interest }) => interest);
    return {
      focus: [...new Set(interests.flatMap(({ focus }) => focus))],
      panels: [...new Set(interests.flatMap(({ panels }) => panels))],
    };
  }

  /** What cannot be sent leaves a gap in the sequence; the watcher sees it and asks for everything. */
  #publish(news: HostNews): void {
    if (!this.#transport.connected) return;
    try {
      let data = encode(news);
      if (data.length > this.#transport.maxPayloadBytes - 1_024) {
        const { tables: _, details: __, ...rest } = news;
        data = encode({ ...rest, skipped: (rest.skipped ?? 0) + 1 });
      }
      this.#transport.publish(this.#newsSubject, data);
    } catch {
      // Saturated or lost between the question and the publish.
    }
  }
}
