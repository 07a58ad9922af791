import { randomUUID } from "node:crypto";
import type { InspectableRuntime } from "@reeve/runtime/inspection";
import {
  FleetWatch,
  type HostNews,
  HostPicture,
  type HostWatch,
  type Interest,
  noInterest,
} from "@reeve/runtime/internal/inspection";

/** News comes once a second at least; a host not heard for this long may be gone. */
const silentAfterMs = 5_000;
const forgottenAfterMs = 60_000;
/** Further hosts are not shown: made-up ones must not fill the memory. */
const mostHosts = 16_384;
const lookEveryMs = 1_000;
const actorsEach = 200;

export type Hearing = "heard" | "silent" | "gone";

/** Somebody who watches the fleet. Neither method may throw. */
export interface FleetViewer {
  news(news: HostNews): void;
  hearing(instance: string, hearing: Hearing): void;
}

export interface FleetSeat {
  want(interest: Interest): void;
  /** Everything that is known, to this viewer alone. */
  tellAll(): void;
  leave(): void;
}

interface Host {
  readonly picture: HostPicture;
  heardAtMs: number;
  hearing: Hearing;
}

/** Every host that can be seen from here: the own one, and those of the fleet. Watches only while it has viewers. */
export class Fleet {
  readonly #runtime: InspectableRuntime;
  readonly #elsewhere: FleetWatch | undefined;
  readonly #viewers = new Map<FleetViewer, Interest>();
  readonly #hosts = new Map<string, Host>();
  #own: HostWatch | undefined;
  #timer: unknown;

  constructor(runtime: InspectableRuntime) {
    this.#runtime = runtime;
    const { transport, namespace = "reeve", clock, feed } = runtime;
    this.#elsewhere =
      transport &&
      new FleetWatch({
        transport,
        namespace,
        clock,
        watcher: randomUUID(),
        except: feed.instance,
        ...(runtime.log ? { log: runtime.log } : {}),
        receive: (news) => this.#receive(news),
      });
  }

  /** The viewer is told of every actor known before this returns. */
  join(viewer: FleetViewer): FleetSeat {
    this.#viewers.set(viewer, noInterest);
    if (this.#viewers.size === 1) this.#begin();
    else this.#tellAll(viewer);
    return {
      want: (interest) => {
        this.#viewers.set(viewer, interest);
        this.#want();
      },
      tellAll: () => this.#tellAll(viewer),
      leave: () => {
        if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#end();
      },
    };
  }

  /** The chart of that key, of whichever host. */
  definition(key: string): object | undefined {
    for (const { picture } of this.#hosts.values()) {
      const definition = picture.definitions.get(key);
      if (definition) return definition;
    }
    return undefined;
  }

  /** The name of the host that this is a life of; undefined for one that is not known, or not any more. */
  hostOf(instance: string): string | undefined {
    return this.#hosts.get(instance)?.picture.facts?.host;
  }

  #begin(): void {
    this.#own = this.#runtime.feed.watch((news) => void this.#receive(news));
    this.#elsewhere?.begin();
    this.#schedule();
  }

  #end(): void {
    this.#own?.end();
    this.#elsewhere?.end();
    this.#runtime.clock.clearTimeout(this.#timer);
    this.#hosts.clear();
  }

  #schedule(): void {
    this.#timer = this.#runtime.clock.setTimeout(() => {
      this.#schedule();
      this.#listen();
    }, lookEveryMs);
  }

  #receive(news: HostNews): boolean {
    const { instance } = news;
    if (news.left) {
      this.#forget(instance);
      return true;
    }
    if (this.#hosts.size >= mostHosts && !this.#hosts.has(instance)) return true;
    const host = this.#hosts.get(instance) ?? { picture: new HostPicture(instance), heardAtMs: 0, hearing: "heard" };
    this.#hosts.set(instance, host);
    host.heardAtMs = this.#runtime.clock.now();
    const whole = host.picture.apply(news);
    // Half a picture would mislead: everything follows soon.
    if (!host.picture.facts) return false;
    for (const viewer of this.#viewers.keys()) viewer.news(news);
    if (host.hearing === "silent") this.#hear(host, "heard");
    return whole;
  }

  #tellAll(viewer: FleetViewer): void {
    for (const { picture, hearing } of this.#hosts.values()) {
      for (const news of picture.whole(this.#runtime.clock.wallNow(), actorsEach)) viewer.news(news);
      if (hearing !== "heard") viewer.hearing(picture.instance, hearing);
    }
  }

  #want(): void {
    const interests = [...this.#viewers.values()];
    const merged = {
      focus: [...new Set(interests.flatMap(({ focus }) => focus))],
      panels: [...new Set(interests.flatMap(({ panels }) => panels))],
    };
    this.#own?.want(merged);
    this.#elsewhere?.want(merged);
  }

  #listen(): void {
    const now = this.#runtime.clock.now();
    for (const [instance, host] of this.#hosts) {
      const silentMs = now - host.heardAtMs;
      if (silentMs > forgottenAfterMs) this.#forget(instance);
      else if (silentMs > silentAfterMs && host.hearing === "heard") this.#hear(host, "silent");
    }
  }

  #hear(host: Host, hearing: Hearing): void {
    host.hearing = hearing;
    for (const viewer of this.#viewers.keys()) viewer.hearing(host.picture.instance, hearing);
  }

  #forget(instance: string): void {
    this.#hosts.delete(instance);
    for (const viewer of this.#viewers.keys()) viewer.hearing(instance, "gone");
  }
}
