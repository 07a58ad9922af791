import { randomUUID } from "node:crypto";
import type { InspectableRuntime } from "@reeve/runtime/inspection";
import {
  FleetWatch,
  type HostNews,
  type HostWatch,
  type Interest,
  noInterest,
} from "@reeve/runtime/internal/inspection";
import { type Hearing, type HearingEvent, isTombstone, nextHearing } from "./hearing.ts";
import { type KnownHost, stranger } from "./known-host.ts";
import { RecentMessages } from "./recent-messages.ts";
import { SilenceWatch } from "./silence-watch.ts";

/** What was known when the last viewer left is shown to one that comes so soon: a page that is loaded again. */
const keptMs = 60_000;
/** Further hosts are not shown: made-up ones must not fill the memory. */
const mostHosts = 16_384;
const actorsEach = 200;

/** Somebody who watches the fleet. Neither method may throw. */
export interface FleetViewer {
  news(news: HostNews): void;
  /** @param hearing undefined when the host is to be forgotten */
  hearing(instance: string, host: string, hearing: Hearing | undefined): void;
}

export interface FleetSeat {
  want(interest: Interest): void;
  /** Everything that is known, to this viewer alone. */
  tellAll(): void;
  /** The newest messages of before it came, to this viewer alone: they happened before what it was told already. */
  tellRecent(): void;
  leave(): void;
}

/** Every host that can be seen from here: the own one, and those of the fleet. Watches only while it has viewers. */
export class Fleet {
  readonly #runtime: InspectableRuntime;
  readonly #elsewhere: FleetWatch | undefined;
  readonly #silence: SilenceWatch | undefined;
  readonly #viewers = new Map<FleetViewer, Interest>();
  /** The one that was heard of first comes first. */
  readonly #hosts = new Map<string, KnownHost>();
  /** By host name, the life that was heard of last. */
  readonly #latest = new Map<string, KnownHost>();
  readonly #recent = new RecentMessages();
  #own: HostWatch | undefined;
  #endedAtMs = Number.NEGATIVE_INFINITY;

  constructor(runtime: InspectableRuntime) {
    this.#runtime = runtime;
    const { transport, namespace = "reeve", clock, feed, alive = () => false } = runtime;
    if (!transport) return;
    this.#elsewhere = new FleetWatch({
      transport,
      namespace,
      clock,
      watcher: randomUUID(),
      except: feed.instance,
      ...(runtime.log ? { log: runtime.log } : {}),
      receive: (news) => this.#receive(news),
      forgotten: (instance) => this.#forget(instance),
      unreadable: (caller, instance, problem) => this.#unreadable(caller, instance, problem),
    });
    this.#silence = new SilenceWatch({
      clock,
      transport,
      alive,
      hosts: () => this.#others(),
      hear: (host, event) => this.#hear(host, event),
    });
  }

  /** The viewer is told of every actor known before this returns. */
  join(viewer: FleetViewer): FleetSeat {
    this.#viewers.set(viewer, noInterest);
    if (this.#viewers.size === 1) this.#begin(viewer);
    else this.#tellAll(viewer);
    return {
      want: (interest) => {
        this.#viewers.set(viewer, interest);
        this.#want();
      },
      tellAll: () => this.#tellAll(viewer),
      tellRecent: () => this.#tellRecent(viewer),
      leave: () => {
        if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#end();
      },
    };
  }

  /** Forgets a host of which the last word is known. False for one that is not known, or not so. */
  dismiss(instance: string): boolean {
    const host = this.#hosts.get(instance);
    if (!host || !isTombstone(host.hearing)) return false;
    this.#forget(instance);
    return true;
  }

  /** The chart of that key, of whichever host. */
  definition(key: string): object | undefined {
    for (const { picture } of this.#hosts.values()) {
      const definition = picture.definitions.get(key);
      if (definition) return definition;
    }
    return undefined;
  }

  /** What is known of a life of a host. */
  host(instance: string): KnownHost | undefined {
    return this.#hosts.get(instance);
  }

  /** The name of the host that this is a life of; undefined for one that is not known, or not any more. */
  hostOf(instance: string): string | undefined {
    const host = this.#hosts.get(instance);
    return host && !isTombstone(host.hearing) ? host.name : undefined;
  }

  #begin(viewer: FleetViewer): void {
    const { clock, feed } = this.#runtime;
    if (clock.now() - this.#endedAtMs > keptMs) {
      for (const [instance, { hearing }] of this.#hosts) if (!isTombstone(hearing)) this.#forget(instance);
      this.#recent.clear();
    }
    this.#tellAll(viewer);
    this.#own = feed.watch((news) => void this.#receive(news));
    this.#elsewhere?.begin();
    this.#silence?.begin();
  }

  #end(): void {
    this.#endedAtMs = this.#runtime.clock.now();
    this.#own?.end();
    this.#elsewhere?.end();
    this.#silence?.end();
    // From here on nobody is listened to.
    for (const host of this.#others()) this.#hear(host, { type: "cut", at: host.heardAt });
  }

  #others(): readonly KnownHost[] {
    const own = this.#runtime.feed.instance;
    return [...this.#hosts.values()].filter(({ picture }) => picture.instance !== own);
  }

  #receive(news: HostNews): boolean {
    const { instance, left, gaveUp, host: facts, at } = news;
    const known = this.#hosts.get(instance);
    if (left) {
      if (known) this.#hear(known, { type: "left", at });
      return true;
    }
    const host = known ?? this.#meet(instance, facts?.host);
    if (!host) return true;
    this.#heard(host);
    const { whole } = host.picture.apply(news);
    // Half a picture would mislead: everything follows soon.
    if (!host.picture.facts) return false;
    this.#recent.add(news);
    for (const viewer of this.#viewers.keys()) viewer.news(news);
    this.#hear(host, { type: facts ? "toldAll" : "told", at });
    if (gaveUp) this.#hear(host, { type: "gaveUp", at, ...gaveUp });
    if (facts) this.#takesPlace(host);
    return whole;
  }

  /** Undefined where there is no room, or it has not said yet who it is. */
  #meet(instance: string, name: string | undefined): KnownHost | undefined {
    if (name === undefined) return stranger(instance, "");
    if (this.#hosts.size >= mostHosts && !this.#makeRoom()) return undefined;
    const host = stranger(instance, name);
    this.#hosts.set(instance, host);
    return host;
  }

  /** The oldest last word goes first. */
  #makeRoom(): boolean {
    for (const [instance, { hearing }] of this.#hosts) {
      if (!isTombstone(hearing)) continue;
      this.#forget(instance);
      return true;
    }
    return false;
  }

  /** A host that was started anew is back: what is left of its earlier life is of no use. */
  #takesPlace(host: KnownHost): void {
    const before = this.#latest.get(host.name);
    this.#latest.set(host.name, host);
    if (before && before !== host && before.hearing.is !== "current") this.#forget(before.picture.instance);
  }

  /** It speaks, so it lives; what it is like is not known. One that was never understood goes by its caller token. */
  #unreadable(caller: string, instance: string | undefined, problem: string): void {
    const known = this.#hosts.get(instance ?? "") ?? this.#hosts.get(caller);
    if (!known && this.#latest.get(caller)?.hearing.is === "current") return;
    const host = known ?? this.#meet(caller, caller);
    if (!host) return;
    if (!known) this.#takesPlace(host);
    this.#heard(host);
    this.#hear(host, { type: "unreadable", at: host.heardAt, problem });
  }

  #heard(host: KnownHost): void {
    const { clock } = this.#runtime;
    host.heardAtMs = clock.now();
    host.heardAt = clock.wallNow();
  }

  #hear(host: KnownHost, event: HearingEvent): void {
    const { picture, name } = host;
    const hearing = nextHearing(host.hearing, event);
    if (hearing === host.hearing) return;
    host.hearing = hearing;
    const latest = this.#latest.get(name);
    if (hearing.is !== "current" && latest && latest !== host) return this.#forget(picture.instance);
    for (const viewer of this.#viewers.keys()) viewer.hearing(picture.instance, name, hearing);
  }

  #tellAll(viewer: FleetViewer): void {
    for (const { picture, name, hearing } of this.#hosts.values()) {
      for (const news of picture.whole(this.#runtime.clock.wallNow(), actorsEach)) viewer.news(news);
      if (hearing.is !== "current") viewer.hearing(picture.instance, name, hearing);
    }
  }

  #tellRecent(viewer: FleetViewer): void {
    const seqOf = (instance: string): number | undefined => this.#hosts.get(instance)?.picture.seq;
    for (const news of this.#recent.news(seqOf, this.#runtime.clock.wallNow())) viewer.news(news);
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

  #forget(instance: string): void {
    const host = this.#hosts.get(instance);
    if (!host) return;
    this.#hosts.delete(instance);
    if (this.#latest.get(host.name) === host) this.#latest.delete(host.name);
    for (const viewer of this.#viewers.keys()) viewer.hearing(instance, host.name, undefined);
  }
}
