import { type Clock, sinceBoot } from "../../base/clock.ts";
import { readDuration, readInteger, readName } from "../../config/index.ts";
import {
  Complaints,
  type GossipMessage,
  gossipSubjects,
  readWhole,
  Subscriber,
  senderOf,
  type Told,
} from "../../gossip/index.ts";
import type { CalleeProbe, Member, Membership } from "../../rpc/membership.ts";
import type { Counters, Logger } from "../../telemetry/index.ts";
import { anonymous } from "../../transport/anonymous.ts";
import { Listeners } from "../../transport/listeners.ts";
import type { Message } from "../../transport/transport.ts";
import { aliveSubject, decodeAlive, maxEveryMs } from "../presence/alive.ts";
import { AbsenceWatch } from "./absence-watch.ts";
import { Asking, hostScope, type MembersLink } from "./asking.ts";
import { Discovery } from "./discovery.ts";
import { readEntry } from "./entry-codec.ts";
import { HostInquiry } from "./host-inquiry.ts";
import type { KnownMember } from "./known-member.ts";
import { MemberDirectory, type MemberEnd } from "./member-directory.ts";
import { isOver, kindOf, type MemberEntry, membersType, placeOf } from "./member-entry.ts";
import { type Hearing, MemberView } from "./member-view.ts";
import { SilenceWatch } from "./silence-watch.ts";

/** A process that has missed a heartbeat is asked after: it is silent for so many of its own intervals. */
const askedAfterIntervals = 1.25;
/** It lives, and has told nothing for twice as long as it may: what it tells is lost on the way, or it could not tell. */
const untoldIntervals = 10;

export interface MembersOptions {
  readonly clock: Clock;
  readonly link: MembersLink;
  /** The identity under which this process speaks, which it does not listen to. */
  readonly sender: string;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** A process silent for longer is dead, once the broker has shown that it is not us who hear nothing. Default 10 s. */
  readonly silenceLimitMs?: number | undefined;
  /** Bound on one discovery round: those who have the question are there, and may be slow to answer. Default 5 s. */
  readonly discoveryTimeoutMs?: number | undefined;
  /** A discovery round ends this long after its last answer. Default 50 ms. */
  readonly discoveryQuietMs?: number | undefined;
  /** Processes heard of. A further one takes the place of one of the caller token with the most. Default 65,536. */
  readonly maxSenders?: number | undefined;
  /** Managers, shared in the same way. Default 262,144. */
  readonly maxMembers?: number | undefined;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly counters?: Counters | undefined;
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

/**
 * Hears the heartbeats of every other process, and what it says of its managers. An address belongs to the caller token that
 * announced it first, until none of its processes does. Ages are told by the receiver's monotonic clock only; a process that
 * falls silent is first suspect and gets no `any` calls, then shown as lost, then dead.
 */
export class Members implements Membership {
  readonly #options: MembersOptions;
  readonly #subscriber: Subscriber<MemberEntry, MemberEntry, MemberView>;
  readonly #directory: MemberDirectory;
  readonly #asking: Asking;
  readonly #discovery: Discovery;
  readonly #inquiry: HostInquiry;
  readonly #silence: SilenceWatch;
  readonly #absence: AbsenceWatch;
  readonly #complaints: Complaints;
  readonly #changeListeners = new Listeners<Pick<Member, "manager" | "major" | "address">>();
  readonly #goneListeners = new Listeners<{
    readonly member: KnownMember;
    readonly silentSince: number | undefined;
    readonly end: MemberEnd;
  }>();
  readonly #reconnectedListeners = new Listeners<readonly Member[]>();
  readonly #heardListeners = new Listeners<Heard>();
  readonly #closers: readonly (() => void)[];
  #conflicts = false;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: MembersOptions) {
    const { clock, link, sender, log, counters } = options;
    this.#options = options;
    const namespace = readName("members: namespace", options.namespace ?? "reeve");
    const subjects = gossipSubjects(namespace, "members");
    readName("members: sender", sender);
    const onThrow = (err: unknown) => log.error({ err }, "a listener to membership failed");
    this.#directory = new MemberDirectory({
      onChange: (where) => this.#changeListeners.tell(where, onThrow),
      onGone: (member, silentSince, end) => this.#goneListeners.tell({ member, silentSince, end }, onThrow),
      onReconnected: (members) => this.#reconnectedListeners.tell(members, onThrow),
      onConflict: (place) => this.#conflict(place),
    });
    this.#complaints = new Complaints({ topic: "members", log, counters });
    this.#subscriber = new Subscriber<MemberEntry, MemberEntry, MemberView>({
      ...{ clock, link, subjects, type: membersType, complaints: this.#complaints, nobody: anonymous, own: sender },
      maxSenders: readInteger("members: maxSenders", options.maxSenders, 65_536),
      maxEntries: readInteger("members: maxMembers", options.maxMembers, 262_144),
      port: {
        begin: (...view) => this.#begin(new MemberView(...view)),
        read: (message, view) => this.#read(message, view),
        key: placeOf,
        merge: (_, entry) => entry,
        isOver,
        told: (view, told, message) => this.#told(view, told, message),
        evicted: (view, entry) => this.#gone(view, [placeOf(entry)], "unknown"),
        scopeOf: ({ host }) => hostScope(host),
      },
    });
    this.#asking = new Asking(link, subjects);
    const asking = this.#asking;
    this.#discovery = new Discovery({
      ...{ clock, link, asking },
      timeoutMs: readDuration("members: discoveryTimeoutMs", options.discoveryTimeoutMs, "5s", { minMs: 1 }),
      quietMs: readDuration("members: discoveryQuietMs", options.discoveryQuietMs, "50ms", { minMs: 1 }),
    });
    this.#inquiry = new HostInquiry({ clock, link, asking, own: sender });
    this.#absence = new AbsenceWatch({ clock, link, asking, onAbsent: (view) => this.#forget(view) });
    this.#silence = new SilenceWatch({
      clock,
      link,
      silenceLimitMs: readDuration("members: silenceLimitMs", options.silenceLimitMs, "10s", { minMs: 1 }),
      views: { [Symbol.iterator]: () => this.#subscriber.views()[Symbol.iterator]() },
      onHearing: (view, hearing) => this.#setHearing(view, hearing),
      onReplaceable: (view) => this.#directory.release(view),
      onDead: (view) => this.#forget(view),
      onSweep: (now) => this.#sweep(now),
    });
    const subscriptions = [
      link.subscribe(subjects.allNews, (message) => void this.#subscriber.hear(message, false)),
      link.subscribe(subjects.allFound(link.caller), (message) => this.#answered(message)),
      link.subscribe(aliveSubject(namespace, "*"), (message) => this.#heartbeat(message)),
    ];
    this.#closers = [
      ...subscriptions.map((subscription) => () => subscription.unsubscribe()),
      link.onLink((up) => {
        // Changes may have been told meanwhile.
        if (up) for (const view of this.#subscriber.views()) view.doubt();
      }),
      () => this.#silence.close(),
      () => this.#discovery.close(),
      () => this.#inquiry.close(),
      () => this.#absence.close(),
      () => this.#asking.close(),
    ];
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

  /** Whether a process of that host is heard, by its heartbeats if by nothing else. */
  alive(host: string): boolean {
    for (const view of this.#subscriber.views()) {
      // One that was found dead has nothing any more.
      if (view.host === host && view.size > 0 && view.hearing === "heard") return true;
    }
    return false;
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

  onGone(listener: (member: KnownMember, silentSince: number | undefined, end: MemberEnd) => void): () => void {
    return this.#goneListeners.add(({ member, silentSince, end }) => listener(member, silentSince, end));
  }

  onReconnected(listener: (members: readonly Member[]) => void): () => void {
    return this.#reconnectedListeners.add(listener);
  }

  suspect(member: Member): void {
    const view = this.#subscriber.view(this.at(member.manager, member.major, member.address)?.sender ?? "");
    if (view) this.#absence.suspect(view);
  }

  probeWith(probe: CalleeProbe): () => void {
    return this.#absence.probeWith(probe);
  }

  /** Told what every other process says of its managers, whether or not it is the one that is called there. Returns how to stop. */
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
    for (const close of this.#closers) close();
  }

  #begin(view: MemberView): MemberView {
    this.#silence.watch();
    return view;
  }

  #read({ entries, fields }: GossipMessage, view: MemberView | undefined): readonly MemberEntry[] {
    readWhole("everyMs", fields.everyMs, 1, maxEveryMs);
    // Most tell of few, and reading that clock is dear.
    const now = entries.length > 0 ? sinceBoot(this.#options.clock) : 0;
    const earlier = view && ((place: string) => view.entry(place));
    return entries.map((entry, index) => readEntry(entry, index, now, earlier));
  }

  #answered(message: Message): void {
    const answer = this.#subscriber.hear(message, true);
    if (!answer) return;
    const { sender, host, whole, entries } = answer;
    if (whole) this.#inquiry.answered(sender, host);
    else if (sender !== this.#options.sender) {
      for (const first of entries.slice(0, 1)) this.#discovery.answered(kindOf(readEntry(first, 0, 0)));
    }
  }

  #heartbeat({ subject, data }: Message): void {
    if (data.length === 0) return;
    const caller = senderOf(subject);
    const { clock } = this.#options;
    try {
      const alive = decodeAlive(data);
      if (!alive) return this.#complaints.ignored("unknown", caller);
      // One that was not heard of before is asked what it has. It is named after its host, unless it was named otherwise: then
      // what it has is known with the next that it tells.
      const view = this.#subscriber.meet(alive.sender, caller, caller);
      if (!view) return;
      const { lagging } = view;
      const now = clock.now();
      if (!view.heartbeat(alive, now)) return this.#complaints.ignored("stale", caller);
      const untold = !view.lagging && now - view.toldAt > untoldIntervals * view.everyMs;
      if (view.wantsAll || untold) this.#subscriber.askAgain(view);
      if (view.hearing !== "heard") this.#heardAgain(view);
      else if (view.lagging !== lagging) this.#directory.refresh(view);
    } catch (err) {
      this.#complaints.ignored("malformed", caller, { err });
    }
  }

  #told(view: MemberView, { said, missing }: Told<MemberEntry>, { fields }: GossipMessage): void {
    view.everyMs = fields.everyMs as number;
    view.toldAt = view.heardAt;
    this.#heardAgain(view);
    // What a message says is over may be at another place again in the same one.
    const put = said.filter((entry) => view.entry(placeOf(entry)) === entry);
    const gone = [...said.filter(isOver), ...missing].map(placeOf).filter((place) => !view.entry(place));
    this.#gone(view, gone, "said", put);
  }

  /** Places where a sender has nobody any more, and who it has. */
  #gone(view: MemberView, gone: readonly string[], end: MemberEnd, put: readonly MemberEntry[] = []): void {
    this.#directory.remove(view, gone, end);
    this.#directory.put(view, put);
    if (put.length === 0 && gone.length === 0) return;
    this.#heardListeners.tell({ sender: view.id, caller: view.caller, put, gone }, (err) =>
      this.#options.log.error({ err }, "a listener to membership failed"),
    );
  }

  /** Two processes of one caller token. */
  #conflict(place: string): void {
    this.#options.counters?.counter("members.conflicts").add();
    if (this.#conflicts) return;
    this.#conflicts = true;
    this.#options.log.warn({ place }, "two processes claim one address; give one of them another host name or backend");
  }

  #sweep(now: number): void {
    for (const view of this.#subscriber.views()) {
      if (view.size > 0 && now - view.heardAt > askedAfterIntervals * view.everyMs) this.#absence.suspect(view);
    }
    this.#subscriber.sweep(now);
    this.#absence.sweep(now);
  }

  #forget(view: MemberView): void {
    this.#gone(view, this.#subscriber.clear(view).map(placeOf), "dead");
  }

  #heardAgain(view: MemberView): void {
    view.replaceable = false;
    this.#setHearing(view, "heard");
  }

  #setHearing(view: MemberView, hearing: Hearing): void {
    if (view.hearing === hearing) return;
    view.hearing = hearing;
    this.#directory.refresh(view);
  }
}
