import type { Clock, Timer } from "../base/clock.ts";
import {
  decode,
  encode,
  type FleetMessage,
  type FleetSubjects,
  type FleetTransport,
  fleetSubjects,
  watchEveryMs,
} from "./fleet-channel.ts";
import type { HostNews, Interest } from "./news.ts";
import { noInterest } from "./news.ts";

/** Hosts that are asked for everything again at once. */
const mostMissed = 1_024;

export interface FleetWatchOptions {
  readonly transport: FleetTransport;
  readonly namespace: string;
  readonly clock: Clock;
  /** Unique to this watcher. */
  readonly watcher: string;
  /** Instances whose news is had elsewhere. Default none. */
  readonly except?: readonly string[];
  /** Told of each news; returns false when it sees that something was missed. */
  receive(news: HostNews): boolean;
}

/** Watches every host of a fleet. Says so, and listens, only between {@link begin} and {@link end}. */
export class FleetWatch {
  readonly #options: FleetWatchOptions;
  readonly #subjects: FleetSubjects;
  readonly #missed = new Set<string>();
  #interest: Interest = noInterest;
  #subscription: { unsubscribe(): void } | undefined;
  #timer: Timer | undefined;

  constructor(options: FleetWatchOptions) {
    this.#options = options;
    this.#subjects = fleetSubjects(options.namespace);
  }

  begin(): void {
    if (this.#subscription) return;
    this.#subscription = this.#options.transport.subscribe(this.#subjects.allNews, (message) =>
      this.#received(message),
    );
    this.#beat();
  }

  end(): void {
    if (!this.#subscription) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#subscription.unsubscribe();
    this.#subscription = undefined;
    this.#say({ end: true });
  }

  want(interest: Interest): void {
    this.#interest = interest;
    if (this.#subscription) this.#say();
  }

  #received({ data }: FleetMessage): void {
    const news = decode(data) as HostNews | undefined;
    if (typeof news?.instance !== "string" || typeof news.seq !== "number") return;
    if (this.#options.except?.includes(news.instance)) return;
    if (this.#options.receive(news)) this.#missed.delete(news.instance);
    else if (this.#missed.size < mostMissed) this.#missed.add(news.instance);
  }

  #beat(): void {
    this.#say();
    this.#timer = this.#options.clock.setTimeout(() => this.#beat(), watchEveryMs);
  }

  #say(more: { readonly end?: true } = {}): void {
    const { transport, watcher } = this.#options;
    if (!transport.connected) return;
    try {
      const notice = { watcher, interest: this.#interest, refresh: [...this.#missed], ...more };
      transport.publish(this.#subjects.watch, encode(notice));
    } catch {
      // The next beat says it again.
    }
  }
}
