import { reeveError } from "@reeve/contract";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { Message } from "../../../transport/transport.ts";
import { frameKind } from "../../wire/frame.ts";
import type { Peer } from "./peer.ts";
import type { Peers } from "./peers.ts";
import { ReplyLane, type ReplyPort } from "./reply-lane.ts";

/** A call as old as this is told of. */
const slowMs = 1_000;
/** And so often again. */
const everyMs = 2_000;
const tickMs = 1_000;
/** A notice that takes longer comes from a broker that proves nothing. */
const longestNoticeMs = 5_000;
/** Ids in one beat frame. */
const idsPerFrame = 512;

export interface CallerWatchOptions extends ReplyPort {
  readonly clock: Clock;
  readonly peers: Peers;
  /** What names this process on its beats: no incarnation. */
  readonly head: Uint8Array;
}

/** A heartbeat that may still be answered with a notice. */
interface Sent {
  readonly inbox: string;
  readonly number: number;
  readonly at: number;
}

/**
 * Tells callers which of their slow calls still run, in one message each, and learns by that which callers are gone: the
 * broker says so when nobody listens at an inbox any more. One such notice proves nothing: the caller's link may be away, or
 * the broker may just have started. Only an unbroken row of them, while this process's own link held, cancels its calls.
 * Its timer runs only while calls do.
 */
export class CallerWatch {
  readonly #options: CallerWatchOptions;
  readonly #subject: string;
  /** In the order of sending. */
  readonly #sent = new Map<string, Sent>();
  readonly #forgetLink: () => void;
  #beats = 0;
  #timer: Timer;
  #armed = false;

  constructor(options: CallerWatchOptions) {
    this.#options = options;
    this.#subject = `${options.transport.inbox}.beat`;
    this.#forgetLink = options.transport.onLink(() => this.#linkChanged());
  }

  /** Where the notices come. */
  get pattern(): string {
    return `${this.#subject}.*`;
  }

  /** A call is here. */
  began(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#timer = this.#options.clock.setTimeout(() => this.#tick(), tickMs);
  }

  receive({ noResponders, subject }: Message): void {
    if (!noResponders) return;
    const sent = this.#sent.get(subject);
    const peer = sent && this.#options.peers.known(sent.inbox);
    if (!peer?.suspicion.refused(sent!.number, sent!.at)) return;
    for (const incoming of peer.running.values()) {
      incoming.abandon(reeveError("CANCELLED", `${incoming.operation.name}: its caller is gone`));
    }
  }

  close(): void {
    this.#armed = true;
    this.#forgetLink();
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** Who could not be reached over the link that was can be reached over the next, or gets the time to come back as well. */
  #linkChanged(): void {
    this.#sent.clear();
    for (const peer of this.#options.peers) peer.suspicion.clear();
  }

  #tick(): void {
    this.#armed = false;
    const { peers, clock, transport } = this.#options;
    const now = clock.now();
    this.#forgetSent(now);
    let running = 0;
    for (const peer of peers) {
      running += peer.running.size;
      if (peer.running.size > 0 && transport.connected) this.#beat(peer, now);
    }
    peers.forgetIdle(now);
    if (running > 0) this.began();
  }

  #forgetSent(now: number): void {
    for (const [subject, { at }] of this.#sent) {
      if (now - at < longestNoticeMs) return;
      this.#sent.delete(subject);
    }
  }

  #beat(peer: Peer, now: number): void {
    const ids: number[] = [];
    for (const incoming of peer.running.values()) {
      const due = incoming.beatAt === incoming.receivedAt ? slowMs : everyMs;
      if (now - incoming.beatAt < due) continue;
      incoming.beatAt = now;
      ids.push(incoming.id);
    }
    if (ids.length === 0) return;
    this.#beats = (this.#beats + 1) % Number.MAX_SAFE_INTEGER;
    const reply = `${this.#subject}.${this.#beats.toString(36)}`;
    this.#sent.set(reply, { inbox: peer.inbox, number: peer.suspicion.sent(now), at: now });
    const lane = new ReplyLane(this.#options, `${peer.inbox}.beat`, this.#options.head, reply);
    for (let at = 0; at < ids.length; at += idsPerFrame)
      lane.add(0, [frameKind.beat, ...ids.slice(at, at + idsPerFrame)]);
  }
}
