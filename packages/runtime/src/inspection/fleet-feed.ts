import { ReeveError, reeveError } from "@reeve/contract";
import type { Clock, Timer } from "../base/clock.ts";
import { FairMap } from "../base/fair-map.ts";
import {
  askerOf,
  Complaints,
  type Fields,
  headBytes,
  hearQuestions,
  readText,
  senderOf,
  Teller,
} from "../gossip/index.ts";
import type { Counters } from "../telemetry/index.ts";
import {
  decode,
  encode,
  type FleetAnswer,
  type FleetMessage,
  type FleetTransport,
  fleetSubjects,
  newsType,
  watchEveryMs,
  watchLeaseMs,
} from "./fleet-channel.ts";
import type { HostFeed, HostWatch } from "./host-feed.ts";
import type { InspectorLog } from "./inspector-port.ts";
import type { HostNews, Interest } from "./news.ts";
import { readInterest, readQuestion } from "./question.ts";

const mostWatchers = 64;
const refreshEveryMs = 1_000;

export interface FleetFeedOptions {
  readonly feed: HostFeed;
  readonly transport: FleetTransport;
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: InspectorLog;
  readonly counters: Counters;
  /** Whether it carries out what a watcher elsewhere asks for. Default false. */
  readonly acts?: boolean;
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
  readonly #acts: boolean;
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

  constructor({ feed, transport, namespace, clock, log, counters, acts = false }: FleetFeedOptions) {
    this.#feed = feed;
    this.#transport = transport;
    this.#clock = clock;
    this.#acts = acts;
    const subjects = fleetSubjects(namespace);
    const sender = feed.instance;
    this.#teller = new Teller({ link: transport, subjects, type: newsType, sender, host: feed.hostName });
    const complaints = new Complaints({ topic: "inspection", log, counters });
    this.#subscriptions = [
      hearQuestions({
        ...{ link: transport, subjects, sender, complaints },
        onAsked: (asker, body) => this.#noticed(asker, body),
      }),
      transport.subscribe(subjects.ask(feed.instance, "*"), (message) => {
        if (askerOf(message) === undefined)
          complaints.ignored("reply", senderOf(message.subject), { what: message.reply });
        else void this.#asked(message);
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
      this.#teller.answer(asker, this.#whole(), true);
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

  async #asked({ data, reply }: FleetMessage): Promise<void> {
    if (!reply) return;
    const answer = await this.#answer(decode(data));
    try {
      this.#send(reply, answer);
    } catch {
      // The link is gone, and so is the one who asked.
    }
  }

  /** Whoever asked hears why where the answer itself cannot travel. */
  #send(reply: string, answer: FleetAnswer): void {
    const limitBytes = this.#transport.maxPayloadBytes;
    let data: Uint8Array;
    try {
      data = encode(answer);
      if (data.length > limitBytes) {
        const message = `The answer of ${data.length} bytes exceeds the transport's limit of ${limitBytes}`;
        throw reeveError("PAYLOAD_TOO_LARGE", message, {
          outcome: "executed",
          data: { bytes: data.length, limitBytes },
        });
      }
    } catch (error) {
      data = encode({ error: refusalOf(error) });
    }
    this.#transport.publish(reply, data);
  }

  async #answer(asked: unknown): Promise<FleetAnswer> {
    try {
      const question = readQuestion(asked);
      if (!question) throw reeveError("MALFORMED_FRAME", "The question could not be read");
      if (question.ask !== "payload" && !this.#acts) {
        throw reeveError("NOT_PERMITTED", `This host does not ${question.ask} managers for an inspector elsewhere`);
      }
      return { value: await this.#feed.answer(question) };
    } catch (error) {
      return { error: refusalOf(error) };
    }
  }
}

/** What a person may read of an error. */
export function refusalOf(error: unknown): { readonly reason: string; readonly message: string } {
  if (error instanceof ReeveError) return { reason: error.reason, message: error.message };
  return { reason: "UNDECLARED", message: error instanceof Error ? error.message : String(error) };
}
