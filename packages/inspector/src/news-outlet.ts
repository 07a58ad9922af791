import type { HostNews } from "@reeve/runtime/internal/inspection";
import type { Hearing } from "./hearing.ts";
import type { KnownHost } from "./known-host.ts";
import type { EndpointMessage } from "./page-protocol.ts";
import { Untold } from "./untold.ts";

/** The part of a WebSocket that news is written to. */
export interface NewsSocket {
  readonly bufferedAmount: number;
  /** @param written told when it has left this process, or never will */
  send(text: string, written: () => void): void;
}

export interface NewsOutletOptions {
  readonly socket: NewsSocket;
  readonly wallNow: () => number;
  readonly hostOf: (instance: string) => KnownHost | undefined;
}

/** With more unsent bytes than this a viewer is slow, */
const slow = 1_048_576;
/** and what it was not told waits until fewer than this are unsent: what is told late is told as it is then. */
const ahead = 262_144;

/**
 * Tells one viewer of all hosts, as fast as it reads. One that is slow is told everything once and then of each host and actor
 * what it is last; messages between managers are left out, and counted. What is kept for it is bounded by what is known of the
 * hosts.
 */
export class NewsOutlet {
  readonly #options: NewsOutletOptions;
  /** By instance; the host that waits longest comes first. */
  readonly #untold = new Map<string, Untold>();
  /** By instance, those of which how they are is heard anew. */
  readonly #heard = new Set<string>();
  /** By instance, the names of those that are forgotten. */
  readonly #forgotten = new Map<string, string>();
  #missed = 0;

  constructor(options: NewsOutletOptions) {
    this.#options = options;
  }

  /** What is no news is sent at once, however slow the viewer is. */
  say(message: EndpointMessage, written: () => void = () => undefined): void {
    this.#options.socket.send(JSON.stringify(message), () => {
      written();
      this.#goOn();
    });
  }

  news(news: HostNews): void {
    if (this.#keepsUp) return this.say({ type: "news", news });
    const { instance, messages = [], skipped = 0 } = news;
    this.#missed += messages.reduce((sum, { count }) => sum + count, skipped);
    const picture = this.#options.hostOf(instance)?.picture;
    if (!picture) return;
    const untold = this.#untold.get(instance) ?? new Untold();
    untold.add(news, picture);
    if (!untold.isEmpty) this.#untold.set(instance, untold);
    this.#goOn();
  }

  hearing(instance: string, host: string, hearing: Hearing | undefined): void {
    if (this.#keepsUp) return this.say({ type: "hearing", instance, host, hearing: hearing ?? null });
    if (hearing) this.#heard.add(instance);
    else {
      this.#untold.delete(instance);
      this.#heard.delete(instance);
      this.#forgotten.set(instance, host);
    }
    this.#goOn();
  }

  get #keepsUp(): boolean {
    return !this.#isBehind && this.#options.socket.bufferedAmount <= slow;
  }

  get #isBehind(): boolean {
    return this.#missed > 0 || this.#untold.size > 0 || this.#heard.size > 0 || this.#forgotten.size > 0;
  }

  #goOn(): void {
    while (this.#isBehind && this.#options.socket.bufferedAmount < ahead) this.#tellNext();
  }

  #tellNext(): void {
    const [forgotten] = this.#forgotten;
    const [untold] = this.#untold;
    const [heard] = this.#heard;
    if (forgotten) {
      const [instance, host] = forgotten;
      this.#forgotten.delete(instance);
      this.say({ type: "hearing", instance, host, hearing: null });
    } else if (untold) this.#tell(...untold);
    else if (heard !== undefined) {
      this.#heard.delete(heard);
      this.#tellHearing(heard);
    } else {
      const missed = this.#missed;
      this.#missed = 0;
      this.say({ type: "missed", missed });
    }
  }

  #tell(instance: string, untold: Untold): void {
    const { hostOf, wallNow } = this.#options;
    this.#untold.delete(instance);
    const host = hostOf(instance);
    if (!host) return;
    this.say({ type: "news", news: untold.take(host.picture, wallNow()) });
    // Further parts after those of the other hosts.
    if (!untold.isEmpty) this.#untold.set(instance, untold);
    // What a viewer is told of a host it takes for a sign that the host lives.
    if (host.hearing.is !== "current") this.#tellHearing(instance);
  }

  #tellHearing(instance: string): void {
    const host = this.#options.hostOf(instance);
    if (host) this.say({ type: "hearing", instance, host: host.name, hearing: host.hearing });
  }
}
