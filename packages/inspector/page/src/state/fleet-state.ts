import { signal } from "@preact/signals";
import type { PanelTable } from "@reeve/runtime/inspection";
import {
  type HostNews,
  HostPicture,
  type InspectionContext,
  type PanelHead,
  type ReplyNews,
} from "@reeve/runtime/internal/inspection";
import type { ChartDrawing } from "../../../src/chart/drawing.ts";
import { current, type Hearing, isTombstone, isUnknown, nextHearing } from "../../../src/hearing.ts";
import type { EndpointMessage } from "../../../src/page-protocol.ts";
import { Changes } from "./changes.ts";
import { Latencies } from "./latencies.ts";
import { lifeOf, type ManagerView, managerView } from "./manager-view.ts";
import { MessageRing } from "./message-ring.ts";
import { countText } from "./number-text.ts";
import { Rates } from "./rates.ts";
import { holderOf, withSuperseded } from "./superseded.ts";

export interface HostView {
  readonly instance: string;
  readonly name: string;
  readonly picture: HostPicture;
  /** As seen from this page: without a connection of its own it knows of nobody. */
  readonly hearing: Hearing;
}

interface KnownHost {
  readonly picture: HostPicture;
  name: string;
  /** As the endpoint told last. */
  hearing: Hearing;
}

/** What is known, as it is shown: made anew when any of it changed, and each part when it is looked at. */
interface Seen {
  readonly hosts: readonly HostView[];
  readonly byInstance: ReadonlyMap<string, HostView>;
  managers?: readonly ManagerView[];
}

/** What another process that serves the page does not tell of by then, it does not hear. */
const toldWithinMs = 6_000;

/** Nobody reads figures faster, and drawing them takes what the servers beside the browser need. */
const drawEveryMs = 100;

/** Everything the page knows. {@link revision} moves when any of it does, with a frame, and ten times a second at most. */
export class FleetState {
  readonly revision = signal(0);
  readonly messages = new MessageRing();
  readonly latencies = new Latencies();
  readonly rates = new Rates();
  readonly charts = new Map<string, ChartDrawing>();
  /** By life of a manager: with its own state in full. */
  readonly details = new Map<string, InspectionContext>();
  readonly changes = new Changes();
  ownInstance = "";
  mayAct = false;
  /** How far the endpoint's clock is ahead of this one, in milliseconds. */
  aheadMs = 0;
  readonly #hosts = new Map<string, KnownHost>();
  /** By panel, then by host. */
  readonly #tables = new Map<string, Map<string, PanelTable>>();
  /** By host's life, the number of the reply that was timed last. */
  readonly #timed = new Map<string, number>();
  /** Since when this page is told nothing. */
  #cutAt: number | undefined;
  #untold: ReturnType<typeof setTimeout> | undefined;
  #awaitsFrame = false;
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #seen: Seen | undefined;

  /** What cannot be made sense of costs the host that it tells of, and no other. */
  receive(message: EndpointMessage): void {
    try {
      this.#take(message);
    } catch (error) {
      if (message.type === "news") this.#misunderstood(message.news.instance, error);
    }
    if (changesAnything(message)) this.touch();
  }

  #take(message: EndpointMessage): void {
    if (message.type === "hello") this.#begin(message);
    else if (message.type === "news") this.#news(message.news);
    else if (message.type === "hearing") this.#hear(message);
    else if (message.type === "chart") this.charts.set(message.definition, message.drawing);
    else if (message.type === "missed") {
      const { missed } = message;
      this.messages.mark(
        `${countText(missed)} messages were left out: there was more than this page could take`,
        this.now(),
      );
      this.messages.skipped += missed;
    }
  }

  /** @param at since when nothing is told, by the clock of this machine; undefined while it is */
  cut(at: number | undefined): void {
    this.#cutAt = at === undefined ? undefined : at + this.aheadMs;
    if (at !== undefined) clearTimeout(this.#untold);
    this.touch();
  }

  /** Milliseconds since 1970 by the endpoint's clock. */
  now(): number {
    return Date.now() + this.aheadMs;
  }

  touch(): void {
    this.#seen = undefined;
    if (this.#awaitsFrame) return;
    this.#awaitsFrame = true;
    const waitMs = this.#drawnAtMs + drawEveryMs - performance.now();
    if (waitMs > 0) setTimeout(() => this.#awaitFrame(), waitMs);
    else this.#awaitFrame();
  }

  #awaitFrame(): void {
    requestAnimationFrame(() => {
      this.#awaitsFrame = false;
      this.#drawnAtMs = performance.now();
      this.revision.value += 1;
    });
  }

  get hosts(): readonly HostView[] {
    return this.#see().hosts;
  }

  host(instance: string): HostView | undefined {
    return this.#see().byInstance.get(instance);
  }

  /** Every manager, by host and then by name. */
  managers(): readonly ManagerView[] {
    const seen = this.#see();
    seen.managers ??= withSuperseded(seen.hosts.flatMap((host) => this.#managersOf(host)));
    return seen.managers;
  }

  /** The one that has the address, where a host of an earlier life is remembered too. */
  manager(name: string): ManagerView | undefined {
    return holderOf(this.managers(), name);
  }

  /** How many hosts there are of which it is not known how they are. */
  get unknown(): number {
    return this.hosts.filter(({ hearing }) => isUnknown(hearing)).length;
  }

  panels(): readonly PanelHead[] {
    const heads = new Map<string, PanelHead>();
    for (const { picture } of this.hosts) for (const head of picture.facts?.panels ?? []) heads.set(head.id, head);
    return [...heads.values()];
  }

  /** Of the hosts that tell of it now; undefined before the first has. */
  tables(panel: string): readonly PanelTable[] {
    const tables = this.#tables.get(panel);
    return this.hosts.flatMap(({ instance, hearing }) => {
      const table = isTombstone(hearing) ? undefined : tables?.get(instance);
      return table ? [table] : [];
    });
  }

  #see(): Seen {
    if (this.#seen) return this.#seen;
    const at = this.#cutAt;
    const hosts = [...this.#hosts].map(([instance, { picture, name, hearing }]) => ({
      instance,
      name,
      picture,
      hearing: at === undefined ? hearing : nextHearing(hearing, { type: "cut", at }),
    }));
    const byInstance = new Map(hosts.map((host) => [host.instance, host]));
    this.#seen = { hosts, byInstance };
    return this.#seen;
  }

  /** What cannot be shown of one host is shown of no other. */
  #managersOf(host: HostView): readonly ManagerView[] {
    try {
      return managersOf(host);
    } catch (error) {
      this.#misunderstood(host.instance, error);
      return [];
    }
  }

  #misunderstood(instance: string, error: unknown): void {
    const known = this.#hosts.get(instance);
    const problem = error instanceof Error ? error.message : String(error);
    if (!known) return;
    const hearing = nextHearing(known.hearing, { type: "unreadable", at: this.now(), problem });
    if (hearing === known.hearing) return;
    this.#setHearing(known, hearing);
    // It may have been found out by whoever is shown something just now.
    queueMicrotask(() => this.touch());
  }

  #begin({ instance, mayAct, at }: Extract<EndpointMessage, { type: "hello" }>): void {
    if (this.ownInstance) this.messages.mark("The connection was lost here; some messages may be missing", at);
    this.mayAct = mayAct;
    this.aheadMs = at - Date.now();
    // It tells all that it knows, and that is all there is.
    if (instance === this.ownInstance) this.#hosts.clear();
    else this.#awaitWordOfAll(this.#cutAt ?? at);
    this.ownInstance = instance;
  }

  /** Another process serves the page now, which has yet to hear of the hosts that are known here. */
  #awaitWordOfAll(since: number): void {
    for (const host of this.#hosts.values()) host.hearing = nextHearing(host.hearing, { type: "cut", at: since });
    const awaited = [...this.#hosts];
    clearTimeout(this.#untold);
    this.#untold = setTimeout(() => {
      for (const [instance, host] of awaited) {
        if (this.#hosts.get(instance) === host)
          this.#setHearing(host, nextHearing(host.hearing, { type: "silence", at: since }));
      }
      this.touch();
    }, toldWithinMs);
  }

  #news(news: HostNews): void {
    const { instance, at } = news;
    const host = this.#hosts.get(instance) ?? this.#meet(instance, news.host?.host ?? "");
    if (news.host) this.#isBack(instance, host, news.host.host);
    const { steps } = host.picture.apply(news);
    if (host.hearing.is !== "current")
      this.#setHearing(host, nextHearing(host.hearing, { type: news.host ? "toldAll" : "told", at }));
    for (const { id, snapshot } of news.actors ?? []) this.rates.add(lifeOf(instance, id), snapshot.context, at);
    for (const load of news.loads ?? []) this.rates.add(lifeOf(instance, load.id), load, at);
    for (const id of news.ended ?? []) this.#forgetLife(lifeOf(instance, id));
    for (const { id, context } of news.details ?? []) this.details.set(lifeOf(instance, id), context);
    for (const { panel, table } of news.tables ?? []) {
      const tables = this.#tables.get(panel) ?? new Map<string, PanelTable>();
      this.#tables.set(panel, tables.set(instance, table));
    }
    this.messages.add(instance, news.messages ?? []);
    this.messages.end(instance, news.replies ?? []);
    this.#time(instance, news.replies ?? []);
    this.messages.skipped += news.skipped ?? 0;
    this.changes.add(steps);
  }

  /** Each once: after a connection was lost, what was told last is told again. */
  #time(instance: string, replies: readonly ReplyNews[]): void {
    const timed = this.#timed.get(instance) ?? 0;
    if (replies.length > 0) this.#timed.set(instance, Math.max(timed, ...replies.map(({ seq = 0 }) => seq)));
    for (const { seq = 0, at, from, operation, durationMs, end } of replies) {
      if (end === "accepted" || seq <= timed) continue;
      const manager = from.slice(0, from.indexOf("/"));
      this.latencies.add(`${manager}.${operation}`, Math.min(at, this.now()), durationMs, end !== "done");
    }
  }

  #meet(instance: string, name: string): KnownHost {
    const host: KnownHost = { picture: new HostPicture(instance), name, hearing: current };
    this.#hosts.set(instance, host);
    return host;
  }

  /** A host that is there has no earlier life of which this page alone remembers the last word. */
  #isBack(instance: string, host: KnownHost, name: string): void {
    host.name = name;
    for (const [id, { name: other, hearing }] of this.#hosts)
      if (id !== instance && other === name && hearing.is !== "current") this.#forget(id);
    if (host.hearing.is === "current") this.changes.heard(name, current, this.now());
  }

  #hear({ instance, host: name, hearing }: Extract<EndpointMessage, { type: "hearing" }>): void {
    if (hearing === null) this.#forget(instance);
    else this.#setHearing(this.#hosts.get(instance) ?? this.#meet(instance, name), hearing);
  }

  #setHearing(host: KnownHost, hearing: Hearing): void {
    if (host.hearing === hearing) return;
    host.hearing = hearing;
    this.changes.heard(host.name, hearing, this.now());
  }

  /** What somebody dismissed that the endpoint did not know of. */
  forget(instance: string): void {
    this.#forget(instance);
    this.touch();
  }

  #forget(instance: string): void {
    const { actors, ended } = this.#hosts.get(instance)?.picture ?? {};
    for (const id of [...(actors?.keys() ?? []), ...(ended?.keys() ?? [])]) this.#forgetLife(lifeOf(instance, id));
    this.#hosts.delete(instance);
    this.#timed.delete(instance);
    for (const tables of this.#tables.values()) tables.delete(instance);
  }

  #forgetLife(life: string): void {
    this.rates.forget(life);
    this.details.delete(life);
  }
}

/** Most hosts have nothing to tell most of the time but that they live: then nothing is drawn anew. */
function changesAnything(message: EndpointMessage): boolean {
  if (message.type !== "news") return true;
  const { instance: _, seq: __, at: ___, more: ____, ...told } = message.news;
  return Object.keys(told).length > 0;
}

function managersOf({ instance, picture, hearing }: HostView): readonly ManagerView[] {
  const views = [
    ...[...picture.actors.values()].map((actor) => managerView(instance, actor, hearing, false)),
    ...[...picture.ended.values()].map((actor) => managerView(instance, actor, hearing, true)),
  ];
  return views.sort((a, b) => order.compare(a.name, b.name));
}

const order = new Intl.Collator("en", { numeric: true });
