import { type Clock, sinceBoot, type Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { pack } from "../../gossip/packing.ts";
import { Ticker } from "../../gossip/ticker.ts";
import type { Message, Subscription } from "../../transport/transport.ts";
import { isOver, type MemberEntry } from "./beat.ts";
import { beatOverheadBytes, encodeBeat, encodeEntry } from "./beat-codec.ts";
import type { Beats } from "./beats.ts";
import { type LagWatch, lagLimitMs, silenceLagMs } from "./lag-watch.ts";
import type { BeatLink } from "./link.ts";
import { kindOf, OwnMembers } from "./own-members.ts";
import { askerOf, type MembershipSubjects, membershipSubjects } from "./subjects.ts";

/** How often the watched event loop's lag is looked at. */
export const lagCheckMs = 500;

/** Others call a process dead that they have not heard for so long, or for three of its intervals. */
const deadAfterMs = 10_000;
const deadAfterBeats = 3;

/**
 * After so many intervals the next beat tells of everybody again. Who has lost a link asks, and a lone message that is lost is made
 * good by the next: this is for what is lost in any other way, and costs all listeners a look at each manager.
 */
const wholeAfterBeats = 14;

/** When a process was heard, by the clock that counts sleep; shared by all that speak for it. */
export interface Voice {
  /** 0 before the first time. */
  spokeAt: number;
  /** When it spoke again after so long a silence that others had taken it for dead, and its addresses for free. */
  lapsedAt: number;
}

/** Whoever looks first after a long silence finds out: others have taken the process for dead. Before it says anything more. */
export function checkVoice(voice: Voice, everyMs: number, now: number): void {
  const limitMs = Math.max(deadAfterMs, deadAfterBeats * everyMs);
  if (voice.spokeAt === 0 || now - voice.spokeAt <= limitMs) return;
  voice.lapsedAt = now;
  voice.spokeAt = now;
}

/** Who beats, where to, and how often. */
export interface BeatIdentity {
  readonly sender: string;
  readonly host: string;
  readonly namespace: string;
  readonly everyMs: number;
}

export interface BeaterOptions extends BeatIdentity {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: BeatLink;
  /** The number of the next message; higher each time. */
  readonly nextSequence: () => number;
  /** Of the event loop that the managers run on, where that is another one than this. */
  readonly lag?: LagWatch | undefined;
  /** Default: its own. */
  readonly voice?: Voice | undefined;
  /** Somebody else beats for the same managers as well, and knows more. */
  readonly behind?: (() => boolean) | undefined;
  /** Told once when beats cannot be sent. */
  onTrouble(error: unknown): void;
}

/** Beats for the managers of one process, and answers who looks for them. */
export class Beater implements Beats {
  readonly #options: BeaterOptions;
  readonly #subjects: MembershipSubjects;
  readonly #ticker: Ticker;
  readonly #members = new OwnMembers();
  /** By kind: who asks for a manager that is not here hears at once, from the broker, that nobody has it. */
  readonly #answering = new Map<string, Subscription>();
  readonly #forgetLink: () => void;
  readonly #voice: Voice;
  #asked: Subscription | undefined;
  #lagTimer: Timer;
  #lagging = false;
  #silent = false;
  #spoke = false;
  #troubled = false;
  #stopped = false;
  /** From then on the next beat tells of everybody. */
  #wholeAt = Number.NEGATIVE_INFINITY;
  /** The lapse that everybody has heard of. */
  #lapsedAt: number;

  constructor(options: BeaterOptions) {
    const { link, everyMs, namespace } = options;
    this.#options = options;
    this.#voice = options.voice ?? { spokeAt: 0, lapsedAt: 0 };
    this.#lapsedAt = this.#voice.lapsedAt;
    this.#subjects = membershipSubjects(namespace);
    this.#ticker = new Ticker({ ...options, intervalMs: everyMs, tick: () => this.#beat(false) });
    this.#forgetLink = link.onLink((up) => {
      if (up && this.#spoke) this.#tellAll();
    });
    if (options.lag) this.#watchLag(options.lag);
  }

  put(entries: readonly MemberEntry[]): void {
    if (this.#stopped) return;
    let urgent = false;
    for (const entry of entries) {
      if (this.#members.put(entry)) urgent = true;
      this.#answer(entry);
    }
    this.#spoke = true;
    if (urgent) this.#ticker.trigger();
  }

  async answering(): Promise<void> {
    const { link } = this.#options;
    // Lost meanwhile, or a broker that says nothing: with the next link the subscriptions come first.
    if (link.connected) await link.flush().catch(() => {});
  }

  /** Falls silent without a word: somebody else goes on. */
  retire(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#lagTimer);
    this.#ticker.stop();
    this.#forgetLink();
    for (const subscription of this.#answering.values()) subscription.unsubscribe();
    this.#asked?.unsubscribe();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.retire();
    if (!this.#spoke) return;
    this.#members.stop();
    this.#silent = false;
    this.#beat(true);
    // The link is down, or the broker does not answer: those who listen will find the silence long.
    await this.#options.link.flush().catch(() => {});
  }

  /** What changed since the last one, if anything; now and then everybody. */
  #beat(last: boolean): void {
    if (this.#silent) return;
    const { link, clock, everyMs } = this.#options;
    const spokeAt = this.#breathe();
    const { lapsedAt } = this.#voice;
    const now = clock.now();
    const whole = last || now >= this.#wholeAt || lapsedAt !== this.#lapsedAt;
    const members = whole ? this.#members.all() : this.#members.changed();
    if (!this.#publish(this.#subjects.beat(link.caller), members, { last, partial: !whole })) return;
    this.#voice.spokeAt = spokeAt;
    this.#lapsedAt = lapsedAt;
    if (whole) this.#wholeAt = now + wholeAfterBeats * everyMs;
    for (const kind of this.#members.told()) this.#unanswer(kind);
  }

  #tellAll(): void {
    this.#wholeAt = Number.NEGATIVE_INFINITY;
    this.#ticker.trigger();
  }

  /** False when the link is down, or others know more; what was to be told is told when it is back, or known here. */
  #publish(
    subject: string,
    members: readonly MemberEntry[],
    { last, partial }: { readonly last: boolean; readonly partial: boolean },
  ): boolean {
    const { link, sender, host, everyMs, lag, nextSequence, behind, onTrouble } = this.#options;
    if (!link.connected) return false;
    const now = this.#breathe();
    const texts = members.map((entry) => encodeEntry(this.#told(entry), now));
    const groups = pack(texts, link.maxPayloadBytes - beatOverheadBytes);
    const sequences = groups.map(() => nextSequence());
    // Asked once the numbers are taken: who learns of more from here on tells it under higher ones.
    if (!last && behind?.()) return false;
    try {
      for (const [index, group] of groups.entries()) {
        const part = { part: index + 1, parts: groups.length };
        const head = {
          sender,
          host,
          sequence: sequences[index]!,
          part,
          partial,
          everyMs,
          lagMs: lag?.lagMs ?? 0,
          last,
        };
        link.publish(subject, encodeBeat(head, group), { harmless: true });
      }
    } catch (error) {
      if (!this.#troubled) onTrouble(error);
      this.#troubled = true;
      return false;
    }
    this.#troubled = false;
    return true;
  }

  #breathe(): number {
    const now = sinceBoot(this.#options.clock);
    checkVoice(this.#voice, this.#options.everyMs, now);
    return now;
  }

  #told(entry: MemberEntry): MemberEntry {
    const told = this.#lagging ? lagged(entry) : entry;
    const { heldSince } = told;
    return heldSince !== undefined && heldSince < this.#voice.lapsedAt ? { ...told, heldSince: undefined } : told;
  }

  #answer(entry: MemberEntry): void {
    const kind = kindOf(entry);
    if (isOver(entry) || this.#answering.has(kind)) return;
    this.#asked ??= this.#options.link.subscribe(this.#subjects.host(this.#options.host), (question) =>
      this.#tell(undefined, question),
    );
    const { manager, major } = entry;
    const subject = this.#subjects.wanted(manager, major);
    this.#answering.set(
      kind,
      this.#options.link.subscribe(subject, (question) => this.#tell(kind, question)),
    );
  }

  #unanswer(kind: string): void {
    this.#answering.get(kind)?.unsubscribe();
    this.#answering.delete(kind);
    if (this.#answering.size > 0) return;
    this.#asked?.unsubscribe();
    this.#asked = undefined;
  }

  /** @param kind of the managers that are asked for; undefined: all */
  #tell(kind: string | undefined, { reply }: Message): void {
    const asker = askerOf(this.#subjects, reply);
    if (asker === undefined || this.#silent) return;
    const members = kind === undefined ? this.#members.all() : this.#members.ofKind(kind);
    this.#publish(this.#subjects.found(asker, this.#options.link.caller), members, { last: false, partial: true });
  }

  #watchLag(lag: LagWatch): void {
    this.#lagTimer = this.#options.clock.setTimeout(() => {
      lag.check();
      const lagging = lag.lagMs > lagLimitMs;
      const silent = lag.lagMs > silenceLagMs;
      const changed = lagging !== this.#lagging || silent !== this.#silent;
      this.#lagging = lagging;
      this.#silent = silent;
      if (changed && this.#spoke && !silent) this.#tellAll();
      this.#watchLag(lag);
    }, lagCheckMs);
  }
}

/** What a process says of a manager whose event loop does not turn. */
function lagged(entry: MemberEntry): MemberEntry {
  if (entry.state !== "serving" && entry.state !== "degraded") return entry;
  const reasons = [...entry.reasons.filter((reason) => reason !== "LOOP_LAGGING"), "LOOP_LAGGING"];
  return { ...entry, state: "degraded", phase: undefined, reasons, canServe: false };
}
