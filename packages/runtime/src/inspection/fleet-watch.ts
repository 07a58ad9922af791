import { type Reason, ReeveError, reeveError } from "@reeve/contract";
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
import type { HostNews, HostQuestion, Interest } from "./news.ts";
import { noInterest } from "./news.ts";

/** A drain may take its whole budget. */
const answerWithinMs = 60_000;
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
  #questions = 0;

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

  /**
   * @throws ReeveError `NO_RESPONDERS` when that host is gone, `DEADLINE_EXCEEDED` after a minute, `LINK_LOST`, or what the host says
   */
  async ask(instance: string, question: HostQuestion): Promise<unknown> {
    const { transport, clock } = this.#options;
    this.#questions += 1;
    const reply = `${transport.inbox}.inspect.${this.#options.watcher}.${this.#questions}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const subscription = transport.subscribe(reply, ({ data, noResponders }) => {
      if (noResponders) reject(reeveError("NO_RESPONDERS", `No host answers for ${instance}; it is gone`));
      else settle(decode(data), resolve, reject);
    });
    const timer = clock.setTimeout(
      () => reject(reeveError("DEADLINE_EXCEEDED", `The host did not answer within ${answerWithinMs / 1_000} s`)),
      answerWithinMs,
    );
    try {
      transport.publish(this.#subjects.ask(instance), encode(question), { reply });
      return await promise;
    } finally {
      clock.clearTimeout(timer);
      subscription.unsubscribe();
    }
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

function settle(answer: ReturnType<typeof decode>, resolve: (value: unknown) => void, reject: (error: Error) => void) {
  const error = answer?.error as { reason?: unknown; message?: unknown } | undefined;
  if (answer && !error) return resolve(answer.value);
  const message = typeof error?.message === "string" ? error.message : "The host's answer could not be read";
  reject(
    new ReeveError({
      code: "UNKNOWN",
      reason: typeof error?.reason === "string" ? error.reason : ("MALFORMED_FRAME" satisfies Reason),
      message,
      outcome: "maybe-executed",
    }),
  );
}
