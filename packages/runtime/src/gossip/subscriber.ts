import type { Clock } from "../base/clock.ts";
import { FairMap } from "../base/fair-map.ts";
import { Claims } from "./claims.ts";
import type { Complaints } from "./complaints.ts";
import type { GossipDelivery, GossipLink } from "./link.ts";
import { decodeGossip, type GossipMessage } from "./message.ts";
import type { SenderView } from "./sender-view.ts";
import { type GossipSubjects, senderOf } from "./subjects.ts";

/** Between two questions to one sender, so that a burst of its messages after a gap asks once. */
const askGapMs = 1_000;
/** After this a sender's number is forgotten; no copy of a message is under way for so long. */
const forgetAfterMs = 600_000;

/** What one message changed in the view of its sender. */
export interface Told<E> {
  /** What it said, in order, as it is now; also what it said is over, whether or not that was known. */
  readonly said: readonly E[];
  /** What the sender does not have any more, without a word. */
  readonly missing: readonly E[];
}

/** What a topic makes of its messages. */
export interface SubscriberPort<R, E extends object, V extends SenderView<E>> {
  begin(id: string, caller: string, order: number, host: string, now: number): V;
  /** Checks every entry before any is believed. @throws ReeveError `MALFORMED_FRAME` naming what is wrong */
  read(message: GossipMessage, view: V | undefined): readonly R[];
  key(raw: R): string;
  /** What is known from now on; undefined to leave it as it was. */
  merge(known: E | undefined, raw: R, view: V, now: number): E | undefined;
  isOver(entry: E): boolean;
  told(view: V, told: Told<E>, message: GossipMessage): void;
  /** It had no room beside others any more. */
  evicted(view: V, entry: E): void;
  /** The scope of the question that has this sender tell everything. */
  scopeOf(view: V): readonly string[];
  /** A message under a caller token has another shape than this version knows. Default: it is only counted. */
  unreadable?(caller: string, err: unknown): void;
}

export interface SubscriberOptions<R, E extends object, V extends SenderView<E>> {
  readonly clock: Clock;
  readonly link: Pick<GossipLink, "caller" | "publish">;
  readonly subjects: GossipSubjects;
  readonly type: string;
  readonly port: SubscriberPort<R, E, V>;
  readonly complaints: Complaints;
  /** The caller token of every process that has none of its own: under it nobody is believed. */
  readonly nobody: string;
  /** The sender as which this process itself speaks, which it does not listen to. */
  readonly own?: string | undefined;
  /** Processes remembered. A further one takes the place of one of the token with the most. */
  readonly maxSenders: number;
  /** Entries of all processes together; a further one takes the place of one of the token with the most. */
  readonly maxEntries: number;
  /** A process silent for longer may be overruled by others: see {@link Claims}. Default: never. */
  readonly lapsesMs?: number | undefined;
}

/**
 * Hears what every other process tells of one topic, and keeps a view of each. A sender belongs to the caller token that it was
 * first heard under, and so does each thing that it tells of. Whoever missed something of a sender asks it for everything. Tables
 * are bounded fairly by caller token. What one message costs is its own entries, however many senders there are.
 */
export class Subscriber<R, E extends object, V extends SenderView<E>> {
  readonly #options: SubscriberOptions<R, E, V>;
  readonly #views: FairMap<V>;
  readonly #entries: FairMap<{ readonly view: V; readonly key: string }>;
  readonly #claims: Claims;
  #senders = 0;

  constructor(options: SubscriberOptions<R, E, V>) {
    const { maxSenders, maxEntries, lapsesMs } = options;
    this.#options = options;
    this.#claims = new Claims(lapsesMs);
    this.#views = new FairMap({ inAll: maxSenders, evicted: (view) => this.#crowdedOut(view) });
    this.#entries = new FairMap({ inAll: maxEntries, evicted: ({ view, key }) => this.#evict(view, key) });
  }

  get size(): number {
    return this.#views.size;
  }

  views(): Iterable<V> {
    return this.#views.values();
  }

  view(sender: string): V | undefined {
    return this.#views.get(sender);
  }

  /** Takes a message in. Gives it, unless nothing could be made of it. @param answer it was told to this receiver alone */
  hear(message: GossipDelivery, answer: boolean): GossipMessage | undefined {
    const { type, own, nobody, complaints, clock, port } = this.#options;
    // Its sender only finds out whether it may.
    if (message.data.length === 0) return undefined;
    const caller = senderOf(message.subject);
    if (caller === nobody) {
      complaints.ignored("anonymous", caller);
      return undefined;
    }
    try {
      const gossip = decodeGossip(type, message.data);
      if (!gossip) {
        complaints.ignored("unknown", caller);
        port.unreadable?.(caller, undefined);
      }
      if (!gossip || gossip.sender === own) return gossip;
      const known = this.#views.get(gossip.sender);
      const raws = port.read(gossip, known);
      const view = this.#viewOf(gossip, known, caller);
      if (!view) return undefined;
      this.#take(view, gossip, raws, answer, clock.now());
      return gossip;
    } catch (err) {
      complaints.ignored("malformed", caller, { err });
      port.unreadable?.(caller, err);
      return undefined;
    }
  }

  /**
   * The view of a sender that was heard of in another way; undefined where it is not its own token that it speaks under.
   *
   * @param host where it is, as far as that is known
   */
  meet(sender: string, caller: string, host: string): V | undefined {
    if (sender === this.#options.own) return undefined;
    if (caller !== this.#options.nobody) return this.#viewOf({ sender, host }, this.#views.get(sender), caller);
    this.#options.complaints.ignored("anonymous", caller);
    return undefined;
  }

  /** Forgets what a sender has, and gives it. */
  clear(view: V): readonly E[] {
    const entries = [...view.entries()];
    for (const key of [...view.keys()]) this.#remove(view, key);
    view.doubt();
    return entries;
  }

  /** Asks a sender for everything, unless it was asked just now. */
  askAgain(view: V): void {
    const now = this.#options.clock.now();
    if (now - view.askedAt < askGapMs) return;
    if (this.ask(this.#options.port.scopeOf(view), [view.id])) view.askedAt = now;
  }

  /** False when it could not be asked: the link is down. @param senders those that should answer; default: all */
  ask(scope: readonly string[], senders?: readonly string[]): boolean {
    const { link, subjects } = this.#options;
    try {
      link.publish(subjects.wanted(link.caller, ...scope), encodeQuestion(senders), { harmless: true });
      return true;
    } catch {
      // Or has too much to carry: what was missed shows again with the sender's next message.
      return false;
    }
  }

  /** Forgets the senders that have said nothing for ten minutes and have nothing. */
  sweep(now: number): void {
    for (const view of this.#views.values()) {
      if (now - view.heardAt > forgetAfterMs) this.forget(view);
    }
  }

  forget(view: V): void {
    this.clear(view);
    this.#views.delete(view.id);
  }

  forgetAll(): void {
    for (const view of [...this.#views.values()]) this.forget(view);
  }

  #viewOf(
    { sender, host }: Pick<GossipMessage, "sender" | "host">,
    known: V | undefined,
    caller: string,
  ): V | undefined {
    const { port, complaints, clock } = this.#options;
    if (known?.caller === caller) return this.#views.use(sender);
    if (known) {
      complaints.ignored("foreign", caller);
      return undefined;
    }
    this.#senders += 1;
    const view = port.begin(sender, caller, this.#senders, host, clock.now());
    this.#views.set(sender, caller, view);
    return view;
  }

  #take(view: V, message: GossipMessage, raws: readonly R[], answer: boolean, now: number): void {
    const { port, complaints } = this.#options;
    const step = view.take(message, answer, now);
    if (!step) return complaints.ignored("stale", view.caller);
    const said: E[] = [];
    for (const raw of raws) {
      const key = port.key(raw);
      if (!this.#claims.admits(key, view, now)) {
        complaints.ignored("claimed", view.caller, { what: key });
        continue;
      }
      const entry = port.merge(view.entry(key), raw, view, now);
      if (entry) {
        if (port.isOver(entry)) this.#remove(view, key);
        else this.#keep(view, key, entry);
        said.push(entry);
      }
      view.name(key);
    }
    const missing = view.ended ? this.clear(view) : step.last ? this.#collect(view) : [];
    port.told(view, { said, missing }, message);
    if (!answer && view.wantsAll) this.askAgain(view);
  }

  #collect(view: V): readonly E[] {
    const keys = view.unnamed();
    const missing = keys.map((key) => view.entry(key)!);
    for (const key of keys) this.#remove(view, key);
    return missing;
  }

  #keep(view: V, key: string, entry: E): void {
    const anew = view.entry(key) === undefined;
    view.put(key, entry);
    this.#claims.hold(key, view, anew);
    const name = `${view.id} ${key}`;
    if (anew) this.#entries.set(name, view.caller, { view, key });
    else this.#entries.use(name);
  }

  #remove(view: V, key: string): void {
    if (!view.delete(key)) return;
    this.#entries.delete(`${view.id} ${key}`);
    const refused = this.#views.get(this.#claims.release(key, view) ?? "");
    // It is free: whoever was not believed before may say so again.
    if (refused && refused !== view) this.askAgain(refused);
  }

  /** So much is known of its token that it has no room beside others. */
  #evict(view: V, key: string): void {
    const { port, complaints } = this.#options;
    const entry = view.entry(key);
    if (!entry) return;
    complaints.ignored("crowded", view.caller, { what: key });
    this.#remove(view, key);
    port.evicted(view, entry);
  }

  #crowdedOut(view: V): void {
    const { port, complaints } = this.#options;
    complaints.ignored("crowded", view.caller, { what: view.id });
    for (const entry of this.clear(view)) port.evicted(view, entry);
  }
}

/** @param senders those that should answer; undefined: all */
export function encodeQuestion(senders: readonly string[] | undefined): Uint8Array {
  return senders ? new TextEncoder().encode(JSON.stringify({ senders })) : new Uint8Array(0);
}
