import type { Clock, Timer } from "../base/clock.ts";
import { FairMap } from "../base/fair-map.ts";
import { Complaints, type Fields, headBytes, hearQuestions, readText, Teller } from "../gossip/index.ts";
import type { Counters } from "../telemetry/index.ts";
import { type FleetTransport, fleetSubjects, newsType, watchEveryMs, watchLeaseMs } from "./fleet-channel.ts";
import type { HostFeed, HostWatch } from "./host-feed.ts";
import type { InspectorLog } from "./inspector-port.ts";
import { readInterest } from "./interest.ts";
import type { HostNews, Interest } from "./news.ts";

const mostWatchers = 64;
const refreshEveryMs = 1_000;

export interface FleetFeedOptions {
  readonly feed: HostFeed;
  readonly transport: FleetTransport;
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: InspectorLog;
  readonly counters: Counters;
}

interface Lease {
  readonly asker: string;
  readonly untilMs: number;
  readonly interest: Interest;
}

/** Offers one host's feed to whoever serves the page elsewhere in the fleet; publishes only while somebody there watches. */
export class FleetFeed {
  readonly #feed: HostFeed;
  readonly #transport: FleetTransport;
  readonly #clock: Clock;
  readonly #subscriptions: readonly { unsubscribe(): void }[];
  readonly #teller: Teller;
  /** By watcher; those of one caller token take no room from others. */
  readonly #leases = new FairMap<Lease>({ inAll: mostWatchers });
  /** When each caller token that watches was told everything. */
  readonly #wholeAtMs = new FairMap<number>({ inAll: mostWatchers });
  #watch: HostWatch | undefined;
  #timer: Timer | undefined;
  /** Something could not be told: everybody needs everything. */
  #missed = false;

  constructor({ feed, transport, namespace, clock, log, counters }: FleetFeedOptions) {
    this.#feed = feed;
    this.#transport = transport;
    this.#clock = clock;
    const subjects = fleetSubjects(namespace);
    const sender = feed.instance;
    this.#teller = new Teller({ link: transport, subjects, type: newsType, sender, host: feed.hostName });
    const complaints = new Complaints({ topic: "inspection", log, counters });
    this.#subscriptions = [
      hearQuestions({
        ...{ link: transport, subjects, sender, complaints },
        onAsked: (asker, body) => this.#noticed(asker, body),
      }),
    ];
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#leases.clear();
    this.#settle();
  }

  /** A watcher says that it goes on, or that it missed something. */
  #noticed(asker: string, body: Fields): void {
    if (body.senders !== undefined) return this.#tellAll(asker);
    const watcher = `${asker} ${readText("watcher", body.watcher)}`;
    const isNew = this.#leases.get(watcher) === undefined;
    if (body.end) this.#leases.delete(watcher);
    else {
      const untilMs = this.#clock.now() + watchLeaseMs;
      this.#leases.set(watcher, asker, { asker, untilMs, interest: readInterest(body.interest) });
    }
    this.#settle();
    if (isNew && !body.end) this.#tellAll(asker);
  }

  /** Watches while there are leases, and wants what they want. */
  #settle(): void {
    const now = this.#clock.now();
    const ended = [...this.#leases.entries()].filter(([, { untilMs }]) => untilMs <= now);
    for (const [watcher] of ended) this.#leases.delete(watcher);
    if (this.#leases.size === 0) {
      this.#watch?.end();
      this.#watch = undefined;
      this.#clock.clearTimeout(this.#timer);
      return;
    }
    const interest = this.#interest();
    if (this.#watch) return this.#watch.want(interest);
    // What it tells first is everything, which those who watch are told one by one.
    let begun = false;
    this.#watch = this.#feed.watch((news) => begun && this.#publish(news), interest);
    begun = true;
    this.#schedule();
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#schedule();
      this.#settle();
    }, watchEveryMs);
  }

  #interest(): Interest {
    const interests = [...this.#leases.values()].map(({ interest }) => interest);
    return {
      focus: [...new Set(interests.flatMap(({ focus }) => focus))],
      panels: [...new Set(interests.flatMap(({ panels }) => panels))],
    };
  }

  /** To one asker, once a second at most. */
  #tellAll(asker: string): void {
    const now = this.#clock.now();
    if (!this.#watch || now - (this.#wholeAtMs.get(asker) ?? Number.NEGATIVE_INFINITY) < refreshEveryMs) return;
    this.#wholeAtMs.set(asker, asker, now);
    try {
      this.#teller.answer([asker], this.#whole(), true);
    } catch {
      // Saturated, or lost meanwhile: whoever missed it asks again.
    }
  }

  #whole(): readonly string[] {
    return Array.from(this.#feed.whole(), (news) => this.#textOf(news));
  }

  #publish(news: HostNews): void {
    try {
      if (this.#missed) this.#teller.tell(this.#whole(), { whole: true });
      else this.#teller.tell([this.#textOf(news)], { whole: false, last: news.left === true });
      this.#missed = false;
    } catch {
      // No link, or too much for it to carry.
      this.#missed = true;
    }
  }

  #textOf({ instance: _, seq: __, more: ___, ...body }: HostNews): string {
    const text = JSON.stringify(body);
    if (Buffer.byteLength(text) <= this.#transport.maxPayloadBytes - headBytes) return text;
    const { tables: ____, details: _____, ...rest } = body;
    return JSON.stringify({ ...rest, skipped: (rest.skipped ?? 0) + 1 });
  }
}
