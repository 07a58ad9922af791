import { reeveError } from "@reeve/contract";
import { type Clock, sinceBoot, type Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { readDuration, readName } from "../../config/index.ts";
import {
  Answers,
  Complaints,
  type GossipSubjects,
  gossipSubjects,
  hearQuestions,
  Publisher,
} from "../../gossip/index.ts";
import type { Counters, Logger } from "../../telemetry/index.ts";
import type { Denial } from "../../transport/denials.ts";
import type { Transport } from "../../transport/transport.ts";
import { maxEveryMs } from "../presence/alive.ts";
import { Presence } from "../presence/presence.ts";
import { type AnnouncedStatus, type Announcement, type AnnounceOptions, readAnnounceOptions } from "./announcement.ts";
import { hostScope } from "./asking.ts";
import { isOver, kindOf, type MemberEntry, membersType, placeOf } from "./member-entry.ts";
import { OwnMembers } from "./own-members.ts";

const loadEveryMs = 1_000;
/** After so many intervals without a change a message says that there was none: whoever missed one finds out. */
const idleTicks = 5;
/** After so many intervals everybody is told of all managers again. Whoever misses something asks: this is for those that cannot. */
const wholeEveryIntervals = 14;

/** Everything, of whatever kind: no kind is called that. */
const wholeHost = "";

/** The part of a transport that managers are announced by. */
export type AnnouncerLink = Pick<
  Transport,
  "caller" | "connected" | "publish" | "subscribe" | "onLink" | "flush" | "maxPayloadBytes" | "forThread"
>;

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: AnnouncerLink;
  /** Identifies this life of this process: one subject token, unique. */
  readonly sender: string;
  readonly host: string;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** Longest time between two heartbeats, in milliseconds, up to a minute. Default 2 s. */
  readonly intervalMs?: number | undefined;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly counters?: Counters | undefined;
  /** What the broker forbids the heartbeat thread; told at each change. */
  onDenied?(denials: readonly Denial[]): void;
}

interface Announced {
  readonly options: AnnounceOptions;
  entry: MemberEntry;
}

/**
 * Tells everybody of this process's managers, on change and every few intervals, and that the process lives; silent until there
 * is a manager. Answers those who look for one.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #subjects: GossipSubjects;
  readonly #announced = new Map<string, Announced>();
  /** What changed in this turn of the event loop, to be handed on together. */
  readonly #changed = new Map<string, MemberEntry>();
  readonly #presence: Presence;
  readonly #members: OwnMembers;
  readonly #publisher: Publisher;
  readonly #answers: Answers;
  readonly #complaints: Complaints;
  /** By kind: whoever asks for a manager that is not here hears at once, from the broker, that nobody has it. */
  readonly #answering = new Map<string, { unsubscribe(): void }>();
  #answeringHost: { unsubscribe(): void } | undefined;
  #spoke = false;
  #flushing = false;
  #loadTimer: Timer;
  /** Losses of the link, and how many of them are told because it is back. */
  #losses = 0;
  #reconnects = 0;
  readonly #forgetLink: () => void;
  #closed: Promise<void> | undefined;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: AnnouncerOptions) {
    const { clock, link, log, counters } = options;
    this.#options = options;
    readName("members: sender", options.sender);
    readName("members: host", options.host);
    const namespace = readName("members: namespace", options.namespace ?? "reeve");
    const everyMs = readDuration("members: intervalMs", options.intervalMs, "2s", { minMs: 1, maxMs: maxEveryMs });
    this.#subjects = gossipSubjects(namespace, "members");
    this.#complaints = new Complaints({ topic: "members", log, counters });
    this.#presence = new Presence({ ...options, namespace, everyMs });
    this.#members = new OwnMembers({
      now: () => sinceBoot(clock),
      lapsedAt: () => this.#presence.lapsedAt,
      onNobody: (kind) => this.#unanswer(kind),
    });
    const { all, news, told } = bound(this.#members);
    this.#publisher = new Publisher({
      ...{ ...options, link, subjects: this.#subjects, type: membersType, intervalMs: everyMs, idleTicks },
      wholeEveryMs: wholeEveryIntervals * everyMs,
      more: () => ({ everyMs }),
      source: {
        ...{ all, news },
        told: () => {
          this.#presence.spoke();
          told();
        },
      },
      onTrouble: (err) => {
        if (err !== undefined && link.connected) log.warn({ err }, "members cannot be told; trying again");
      },
    });
    this.#answers = new Answers({
      ...options,
      answer: (askers, kind) => {
        const everything = kind === wholeHost;
        this.#publisher.answer(askers, everything ? all() : this.#members.ofKind(kind), everything);
      },
    });
    this.#forgetLink = link.onLink((up) => void this.#linkChanged(up));
  }

  /**
   * Adds a manager, as `booting`. A newer incarnation takes the place of the one before.
   *
   * @throws ReeveError `INVALID_OPTION` naming what is malformed, or an epoch that is not above the one announced
   */
  announce(options: AnnounceOptions): Announcement {
    const entry = readAnnounceOptions(options, this.#reconnects);
    const place = placeOf(entry);
    const before = this.#announced.get(place);
    if (before && before.entry.epoch >= entry.epoch) {
      throw reeveError("INVALID_OPTION", `members: ${place}: epoch: ${entry.epoch} is not above ${before.entry.epoch}`);
    }
    const announced: Announced = { options, entry };
    this.#announced.set(place, announced);
    this.#tell(place, announced);
    return {
      setStatus: (status) => {
        if (this.#announced.get(place) === announced) this.#update(place, announced, status);
      },
      setHeld: (heldSince) => {
        if (this.#announced.get(place) !== announced) return;
        announced.entry = { ...announced.entry, heldSince };
        this.#tell(place, announced);
      },
      end: () => {
        if (this.#announced.get(place) !== announced) return;
        this.#update(place, announced, { state: "stopped", phase: undefined, causes: [], canServe: false });
      },
    };
  }

  /** {@link Presence.lapsedAt} */
  get lapsedAt(): number {
    return this.#presence.lapsedAt;
  }

  /**
   * Resolves when whoever asks for a manager announced so far is answered: the broker has the subscriptions. At once without a
   * link. Never rejects.
   */
  async answering(): Promise<void> {
    const { link } = this.#options;
    this.#flush();
    // Lost meanwhile, or a broker that says nothing: with the next link the subscriptions come first.
    if (link.connected) await link.flush().catch(() => {});
  }

  /** Says that all have stopped, and falls silent; resolves when that is sent, or cannot be. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /**
   * The link is up, and had too much to carry for something that callers wait for: as good as a loss. They ask once the
   * broker has taken the rest.
   */
  refused(): void {
    // Told of already, once the broker confirms; or with the next link.
    if (this.#losses > this.#reconnects) return;
    this.#losses += 1;
    void this.#tellLosses();
  }

  #update(place: string, announced: Announced, { state, phase, causes, canServe }: AnnouncedStatus): void {
    const reasons = causes.map(({ reason }) => reason);
    announced.entry = { ...announced.entry, state, phase, reasons, canServe };
    if (isOver(announced.entry)) this.#announced.delete(place);
    this.#tell(place, announced);
  }

  #tell(place: string, { entry }: Announced): void {
    if (this.#closed) return;
    this.#changed.set(place, entry);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#changed.size === 0) return;
    if (!this.#spoke) this.#sampleLater();
    let urgent = !this.#spoke;
    this.#spoke = true;
    for (const entry of this.#changed.values()) {
      if (this.#members.put(entry)) urgent = true;
      this.#answer(entry);
    }
    this.#changed.clear();
    if (urgent) this.#publisher.trigger();
    this.#presence.start();
  }

  /**
   * Callers ask at once what became of their calls, maybe by another way than that of this link: the broker has its
   * subscriptions before they are told.
   */
  async #linkChanged(up: boolean): Promise<void> {
    if (!up) this.#losses += 1;
    if (up && this.#losses > this.#reconnects) await this.#tellLosses();
  }

  async #tellLosses(): Promise<void> {
    const { link } = this.#options;
    await link.flush().catch(() => undefined);
    // Lost again: the next link tells of both.
    if (!link.connected) return;
    this.#reconnects = this.#losses;
    for (const [place, announced] of this.#announced) {
      announced.entry = { ...announced.entry, reconnects: this.#reconnects };
      this.#tell(place, announced);
    }
  }

  #answer(entry: MemberEntry): void {
    const kind = kindOf(entry);
    if (isOver(entry) || this.#answering.has(kind)) return;
    const { manager, major } = entry;
    const { host } = this.#options;
    this.#answeringHost ??= this.#hear(wholeHost, hostScope(host));
    this.#answering.set(kind, this.#hear(kind, [manager, `v${major}`]));
  }

  #hear(kind: string, scope: readonly string[]): { unsubscribe(): void } {
    const { link, sender } = this.#options;
    const onAsked = (asker: string) => this.#answers.add(asker, kind);
    return hearQuestions({ link, subjects: this.#subjects, sender, complaints: this.#complaints, onAsked }, ...scope);
  }

  #unanswer(kind: string): void {
    this.#answering.get(kind)?.unsubscribe();
    this.#answering.delete(kind);
    if (this.#answering.size > 0) return;
    this.#answeringHost?.unsubscribe();
    this.#answeringHost = undefined;
  }

  #sampleLater(): void {
    this.#loadTimer = this.#options.clock.setTimeout(() => {
      for (const [place, announced] of this.#announced) this.#sample(place, announced);
      this.#sampleLater();
    }, loadEveryMs);
  }

  #sample(place: string, announced: Announced): void {
    const load = announced.options.load?.();
    const { inFlight, queued } = announced.entry;
    if (!load || (load.inFlight === inFlight && load.queued === queued)) return;
    announced.entry = { ...announced.entry, inFlight: load.inFlight, queued: load.queued };
    this.#tell(place, announced);
  }

  async #close(): Promise<void> {
    const { link, clock } = this.#options;
    this.#flush();
    this.#forgetLink();
    clock.clearTimeout(this.#loadTimer);
    this.#publisher.stop();
    this.#answers.stop();
    for (const kind of [...this.#answering.keys()]) this.#unanswer(kind);
    // Its last word names nobody: all that it had has stopped.
    if (this.#spoke) this.#publisher.tell(true);
    await this.#presence.stop();
    // The link is down, or the broker does not answer: those who listen will find the silence long.
    if (this.#spoke) await link.flush().catch(() => {});
  }
}

function bound(members: OwnMembers): Pick<OwnMembers, "all" | "news" | "told"> {
  return { all: () => members.all(), news: () => members.news(), told: () => members.told() };
}
