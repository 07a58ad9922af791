import type { Clock, Timer } from "../base/clock.ts";
import { FairMap } from "../base/fair-map.ts";
import { Complaints, type GossipMessage, type GossipSubjects, SenderView, Subscriber } from "../gossip/index.ts";
import { anonymous } from "../transport/anonymous.ts";
import {
  encode,
  type FleetMessage,
  type FleetTransport,
  fleetSubjects,
  newsType,
  watchEveryMs,
} from "./fleet-channel.ts";
import type { InspectorLog } from "./inspector-port.ts";
import type { HostNews, Interest } from "./news.ts";
import { noInterest } from "./news.ts";
import { type NewsBody, readNews } from "./news-reader.ts";

/** Further hosts take the place of those of the caller token with the most: made-up ones must not fill the memory. */
const mostHosts = 16_384;
/** A host that was silent for so long may be told of by another caller token. */
const lapsesMs = 10_000;

export interface FleetWatchOptions {
  readonly transport: FleetTransport;
  readonly namespace: string;
  readonly clock: Clock;
  /** Unique to this watcher. */
  readonly watcher: string;
  /** Told once of each kind of message, and of each sender, that is ignored. Default: nobody. */
  readonly log?: InspectorLog;
  /** The instance whose news is had elsewhere. Default none. */
  readonly except?: string;
  /** Told of each news; returns false when it sees that something was missed. */
  receive(news: HostNews): boolean;
  /** A host has no room beside others any more. */
  forgotten(instance: string): void;
  /** What a caller token says cannot be read. @param instance the one that it was heard as last, if any */
  unreadable(caller: string, instance: string | undefined, problem: string): void;
}

/** What one message tells of the host that it names. */
interface Told {
  readonly host: string;
  /** Kept by whoever is told, not here. */
  body: NewsBody | undefined;
  readonly part: number;
}

const silent: InspectorLog = { info() {}, warn() {} };

/** Watches every host of a fleet. Says so, and listens, only between {@link begin} and {@link end}. */
export class FleetWatch {
  readonly #options: FleetWatchOptions;
  readonly #subjects: GossipSubjects;
  readonly #subscriber: Subscriber<Told, Told, SenderView<Told>>;
  /** By caller token, the instance heard last. */
  readonly #instances = new FairMap<string>({ inAll: mostHosts });
  #interest: Interest = noInterest;
  #subscriptions: readonly { unsubscribe(): void }[] | undefined;
  #stopLink: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(options: FleetWatchOptions) {
    const { transport: link, namespace, clock, except: own, log = silent } = options;
    this.#options = options;
    const subjects = fleetSubjects(namespace);
    this.#subjects = subjects;
    this.#subscriber = new Subscriber<Told, Told, SenderView<Told>>({
      ...{ clock, link, subjects, type: newsType, nobody: anonymous, own, lapsesMs },
      ...{ maxSenders: mostHosts, maxEntries: mostHosts },
      complaints: new Complaints({ topic: "inspection", log }),
      port: {
        begin: (...view) => new SenderView(...view),
        read: (message) => read(message),
        // A host is shown under its name: whoever has it tells all of it.
        key: ({ host }) => host,
        merge: (_, told) => told,
        isOver: () => false,
        told: (view, { said }, message) => this.#told(view, said, message),
        evicted: ({ id }) => this.#options.forgotten(id),
        scopeOf: () => [],
        unreadable: (caller, err) => this.#unreadable(caller, err),
      },
    });
  }

  begin(): void {
    if (this.#subscriptions) return;
    const { transport } = this.#options;
    const hear = (answer: boolean) => (message: FleetMessage) => void this.#subscriber.hear(message, answer);
    this.#subscriptions = [
      transport.subscribe(this.#subjects.allNews, hear(false)),
      transport.subscribe(this.#subjects.allFound(transport.caller), hear(true)),
    ];
    // Hosts that were cut off too have forgotten who watches.
    this.#stopLink = transport.onLink((up) => up && this.#say());
    this.#sayOn();
  }

  end(): void {
    if (!this.#subscriptions) return;
    this.#options.clock.clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#stopLink?.();
    this.#subscriptions = undefined;
    this.#subscriber.forgetAll();
    this.#instances.clear();
    this.#say({ end: true });
  }

  want(interest: Interest): void {
    this.#interest = interest;
    if (this.#subscriptions) this.#say();
  }

  #told(view: SenderView<Told>, said: readonly Told[], { sequence }: GossipMessage): void {
    this.#instances.set(view.caller, view.caller, view.id);
    for (const told of said) {
      const { body, part } = told;
      told.body = undefined;
      const more = part > 1 ? { more: true as const } : {};
      if (!this.#options.receive({ ...body!, instance: view.id, seq: sequence, ...more })) view.doubt();
    }
  }

  #unreadable(caller: string, err: unknown): void {
    const problem = err instanceof Error ? err.message : "its messages are of a type that this version does not know";
    this.#options.unreadable(caller, this.#instances.get(caller), problem);
  }

  #sayOn(): void {
    this.#say();
    const { clock } = this.#options;
    this.#subscriber.sweep(clock.now());
    this.#timer = clock.setTimeout(() => this.#sayOn(), watchEveryMs);
  }

  #say(more: { readonly end?: true } = {}): void {
    const { transport, watcher } = this.#options;
    if (!transport.connected) return;
    try {
      const notice = { watcher, interest: this.#interest, ...more };
      transport.publish(this.#subjects.wanted(transport.caller), encode(notice), { harmless: true });
    } catch {
      // The next one says it again.
    }
  }
}

/** @throws ReeveError `MALFORMED_FRAME` naming what is wrong */
function read({ host, entries, part: { part } }: GossipMessage): readonly Told[] {
  return entries.map((entry, index) => {
    const body = readNews(`entries.${index}`, entry);
    return { host, body: body.host ? { ...body, host: { ...body.host, host } } : body, part: part + index };
  });
}
