import { type Clock, sinceBoot } from "../../base/clock.ts";
import { readDuration, readInteger, readName } from "../../config/index.ts";
import type { CalleeProbe, Member, Membership } from "../../rpc/membership.ts";
import type { Counters, Logger } from "../../telemetry/index.ts";
import { Listeners } from "../../transport/listeners.ts";
import type { Message, Subscription } from "../../transport/transport.ts";
import { AbsenceWatch } from "./absence-watch.ts";
import { type Beat, type MemberEntry, placeOf } from "./beat.ts";
import { decodeBeat, type Earlier } from "./beat-codec.ts";
import { Discovery } from "./discovery.ts";
import { HostInquiry } from "./host-inquiry.ts";
import type { KnownMember } from "./known-member.ts";
import type { BeatLink } from "./link.ts";
import { MemberDirectory } from "./member-directory.ts";
import { SenderView } from "./sender-view.ts";
import { Shares } from "./shares.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { lastToken, membershipSubjects } from "./subjects.ts";

/** After this a sender's sequence is forgotten; no copy of a message is under way for so long. */
const forgetAfterMs = 600_000;
/** A process that has missed a beat is asked after: it is silent for so many of its own intervals. */
const askedAfterBeats = 1.25;
export interface MembersOptions {
  readonly clock: Clock;
  readonly link: BeatLink;
  /** The identity under which this process beats, which it does not listen to. */
  readonly sender: string;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** A process silent for longer is gone, once the broker has shown that it is not us who hear nothing. Default 10 s. */
  readonly silenceLimitMs?: number | undefined;
  /** Bound on one discovery round. Default 1 s. */
  readonly discoveryTimeoutMs?: number | undefined;
  /** A discovery round ends this long after its last answer. Default 50 ms. */
  readonly discoveryQuietMs?: number | undefined;
  /** Processes heard of. Each caller token may have as many as are left free; further ones are ignored. Default 65,536. */
  readonly maxSenders?: number | undefined;
  /** Managers, shared in the same way. Default 262,144. */
  readonly maxMembers?: number | undefined;
  readonly log: Logger;
  readonly counters: Counters;
}

/** What one process says of its managers. */
export interface Heard {
  readonly sender: string;
  /** The subject token that the broker let it speak under. */
  readonly caller: string;
  readonly put: readonly MemberEntry[];
  /** Places where it has nobody any more. */
  readonly gone: readonly string[];
}

type Ignored = "unknown" | "malformed" | "crowded" | "foreign";

/**
 * Hears the beats of every other process. Ages are told by the receiver's monotonic clock only; who falls silent is first
 * suspect and gets no `any` calls, then gone.
 */
export class Members implements Membership {
  readonly #options: MembersOptions;
  /** By caller token. */
  readonly #senderShares: Shares;
  readonly #memberShares: Shares;
  readonly #views = new Map<string, SenderView>();
  readonly #directory: MemberDirectory;
  readonly #discovery: Discovery;
  readonly #subscription: Subscription;
  readonly #silence: SilenceWatch;
  readonly #changeListeners = new Listeners<Pick<Member, "manager" | "major" | "address">>();
  readonly #goneListeners = new Listeners<Member>();
  readonly #relinkedListeners = new Listeners<readonly Member[]>();
  readonly #heardListeners = new Listeners<Heard>();
  readonly #inquiry: HostInquiry;
  readonly #forgetLink: () => void;
  readonly #absence: AbsenceWatch;
  readonly #complainedOf = new Set<string>();
  readonly #sinceBoot = () => sinceBoot(this.#options.clock);
  readonly #earlier: Earlier = (sender, place) => this.#views.get(sender)?.entry(place);
  #senders = 0;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: MembersOptions) {
    const { clock, link, sender } = options;
    this.#options = options;
    const subjects = membershipSubjects(readName("members: namespace", options.namespace ?? "reeve"));
    readName("members: sender", sender);
    this.#senderShares = new Shares(readInteger("members: maxSenders", options.maxSenders, 65_536));
    this.#memberShares = new Shares(readInteger("members: maxMembers", options.maxMembers, 262_144));
    const onThrow = (err: unknown) => options.log.error({ err }, "a listener to membership failed");
    this.#directory = new MemberDirectory({
      onChange: (where) => this.#changeListeners.tell(where, onThrow),
      onGone: (member) => this.#goneListeners.tell(member, onThrow),
      onRelinked: (members) => this.#relinkedListeners.tell(members, onThrow),
      onConflict: (place) => this.#conflict(place),
    });
    this.#discovery = new Discovery({
      clock,
      link,
      subjects,
      asker: sender,
      timeoutMs: readDuration("members: discoveryTimeoutMs", options.discoveryTimeoutMs, "1s", { minMs: 1 }),
      quietMs: readDuration("members: discoveryQuietMs", options.discoveryQuietMs, "50ms", { minMs: 1 }),
      receive: (message) => this.#receive(message),
    });
    this.#inquiry = new HostInquiry({
      ...{ clock, link, subjects, asker: `${sender}-host`, own: sender },
      receive: (message) => this.#receive(message),
    });
    this.#absence = new AbsenceWatch({
      ...{ clock, link, subjects, asker: `${sender}-absent` },
      receive: (message) => void this.#receive(message),
      onAbsent: (view) => this.#forget(view),
    });
    this.#silence = new SilenceWatch({
      clock,
      link,
      silenceLimitMs: readDuration("members: silenceLimitMs", options.silenceLimitMs, "10s", { minMs: 1 }),
      views: { [Symbol.iterator]: () => this.#views.values() },
      onSuspect: (view) => this.#suspect(view, true),
      onGone: (view) => this.#forget(view),
      onSweep: (now) => this.#sweep(now),
    });
    this.#subscription = link.subscribe(subjects.allBeats, (message) => this.#hear(message));
    this.#forgetLink = link.onLink((up) => {
      // Changes may have been told meanwhile.
      if (up) for (const view of this.#views.values()) view.whole = false;
    });
  }

  of(manager: string, major: number): readonly KnownMember[] {
    return this.#directory.of(manager, major);
  }

  lowestMinor(manager: string, major: number): number | undefined {
    return this.#directory.lowestMinor(manager, major);
  }

  /** Who is at a manager's address, elsewhere. */
  at(manager: string, major: number, address: string): KnownMember | undefined {
    return this.#directory.at(placeOf({ manager, major, address }));
  }

  /** Everybody who is heard of, of every manager. */
  all(): Iterable<KnownMember> {
    return this.#directory.all();
  }

  discover(manager: string, major: number): Promise<void> | undefined {
    return this.#discovery.discover(manager, major);
  }

  onChange(listener: (manager: string, major: number, address: string) => void): () => void {
    return this.#changeListeners.add(({ manager, major, address }) => listener(manager, major, address));
  }

  onGone(listener: (member: Member) => void): () => void {
    return this.#goneListeners.add(listener);
  }

  onRelinked(listener: (members: readonly Member[]) => void): () => void {
    return this.#relinkedListeners.add(listener);
  }

  suspect(member: Member): void {
    const view = this.#views.get(this.at(member.manager, member.major, member.address)?.sender ?? "");
    if (view) this.#absence.suspect(view);
  }

  probeWith(probe: CalleeProbe): () => void {
    return this.#absence.probeWith(probe);
  }

  /** Told what every other process says of its managers, whether or not it is believed. Returns how to stop. */
  onHeard(listener: (heard: Heard) => void): () => void {
    return this.#heardListeners.add(listener);
  }

  /**
   * Asks who else is at a host, and resolves when those that answer have been heard: true when the broker has confirmed that,
   * false without a link. At once when nobody is there, and after a second at the latest. Never rejects.
   */
  askHost(host: string): Promise<boolean> {
    return this.#inquiry.ask(host);
  }

  /** Hears nothing more; rounds that run end. Idempotent. */
  close(): void {
    this.#subscription.unsubscribe();
    this.#forgetLink();
    this.#silence.close();
    this.#discovery.close();
    this.#inquiry.close();
    this.#absence.close();
  }

  /** Only what changes is told, most of the time: who has not heard of everybody before asks for them. */
  #hear(message: Message): void {
    const beat = this.#receive(message);
    const view = beat && this.#views.get(beat.sender);
    if (!view || view.whole || !beat.partial) return;
    // Once: if that gets lost, all are told again before long.
    view.whole = true;
    this.#discovery.askHost(beat.host);
  }

  #receive({ subject, data }: Message): Beat | undefined {
    // Its sender only finds out whether it may.
    if (data.length === 0) return undefined;
    const beat = this.#decode(data);
    if (!beat || beat.sender === this.#options.sender) return beat;
    const now = this.#options.clock.now();
    const view = this.#viewOf(beat, lastToken(subject), now);
    if (!view) return undefined;
    const { size, lagMs } = view;
    const room = this.#memberShares.room(view.caller);
    const change = view.receive(beat, now, room);
    this.#memberShares.add(view.caller, view.size - size);
    if (change?.crowded) this.#ignore("crowded");
    if (!change) {
      this.#options.counters.counter("members.ignored", { kind: "stale" }).add();
      return beat;
    }
    this.#directory.remove(view, change.gone);
    this.#suspect(view, false);
    if (view.lagMs !== lagMs) this.#directory.refresh(view);
    this.#directory.put(view, change.put);
    this.#tellHeard(view, change.put, change.gone);
    return beat;
  }

  #viewOf({ sender }: Beat, caller: string, now: number): SenderView | undefined {
    const known = this.#views.get(sender);
    if (known?.caller === caller) return known;
    if (known || this.#senderShares.room(caller) === 0) {
      this.#ignore(known ? "foreign" : "crowded");
      return undefined;
    }
    this.#senders += 1;
    this.#senderShares.add(caller, 1);
    const view = new SenderView(sender, caller, this.#senders, now);
    this.#views.set(sender, view);
    this.#silence.watch();
    return view;
  }

  #decode(data: Uint8Array): Beat | undefined {
    try {
      const beat = decodeBeat(data, this.#sinceBoot, this.#earlier);
      if (!beat) this.#ignore("unknown");
      return beat;
    } catch (error) {
      this.#ignore("malformed", error);
      return undefined;
    }
  }

  /** Every one is counted; the first of a kind is logged, or a sender in a loop would fill the log. */
  #ignore(kind: Ignored, error?: unknown): void {
    this.#options.counters.counter("members.ignored", { kind }).add();
    if (this.#complainedOf.has(kind)) return;
    this.#complainedOf.add(kind);
    this.#options.log.warn({ err: error, kind }, "a beat was ignored; the count members.ignored tells how many");
  }

  #conflict(place: string): void {
    this.#options.counters.counter("members.conflicts").add();
    if (this.#complainedOf.has("conflict")) return;
    this.#complainedOf.add("conflict");
    this.#options.log.warn({ place }, "two processes claim one address; give one of them another host name or backend");
  }

  #sweep(now: number): void {
    for (const view of this.#views.values()) {
      const silentMs = now - view.heardAt;
      if (!view.empty && silentMs > askedAfterBeats * view.everyMs) this.#absence.suspect(view);
      if (!view.empty || silentMs <= forgetAfterMs) continue;
      this.#views.delete(view.id);
      this.#senderShares.add(view.caller, -1);
    }
    this.#absence.sweep(now);
  }

  #forget(view: SenderView): void {
    this.#memberShares.add(view.caller, -view.size);
    const places = view.clear();
    this.#directory.remove(view, places);
    this.#tellHeard(view, [], places);
  }

  #tellHeard({ id, caller }: SenderView, put: readonly MemberEntry[], gone: readonly string[]): void {
    this.#heardListeners.tell({ sender: id, caller, put, gone }, (err) =>
      this.#options.log.error({ err }, "a listener to membership failed"),
    );
  }

  #suspect(view: SenderView, suspect: boolean): void {
    if (view.suspect === suspect) return;
    view.suspect = suspect;
    this.#directory.refresh(view);
  }
}
