import { reeveError } from "@reeve/contract";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Message } from "../../transport/transport.ts";
import { frameKind } from "../wire/frame.ts";
import type { Peer } from "./peer.ts";
import type { Peers } from "./peers.ts";
import { ReplyLane, type ReplyPort } from "./reply-lane.ts";

/** A call as old as this is told of. */
const slowMs = 1_000;
/** And so often again. */
const everyMs = 2_000;
const tickMs = 1_000;
/** Ids in one beat frame. */
const idsPerFrame = 512;

export interface CallerWatchOptions extends ReplyPort {
  readonly clock: Clock;
  readonly peers: Peers;
  /** What names this process on its beats: no incarnation. */
  readonly head: Uint8Array;
}

/**
 * Tells callers which of their slow calls still run, in one message each, and learns by that which callers are gone: the
 * broker says so when nobody listens at an inbox any more. Its timer runs only while calls do.
 */
export class CallerWatch {
  readonly #options: CallerWatchOptions;
  readonly #subject: string;
  readonly #beaten = new Map<string, string>();
  #beats = 0;
  #timer: Timer;
  #armed = false;

  constructor(options: CallerWatchOptions) {
    this.#options = options;
    this.#subject = `${options.transport.inbox}.beat`;
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
    const inbox = this.#beaten.get(subject);
    const peer = inbox === undefined ? undefined : this.#options.peers.known(inbox);
    if (!peer) return;
    for (const incoming of peer.running.values()) {
      incoming.abandon(reeveError("CANCELLED", `${incoming.operation.name}: its caller is gone`));
    }
  }

  close(): void {
    this.#armed = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  #tick(): void {
    this.#armed = false;
    const { peers, clock } = this.#options;
    const now = clock.now();
    // Notices come within a round trip: those of the last beats are not awaited any more.
    this.#beaten.clear();
    let running = 0;
    for (const peer of peers) {
      running += peer.running.size;
      if (peer.running.size > 0) this.#beat(peer, now);
    }
    peers.forgetIdle(now);
    if (running > 0) this.began();
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
    this.#beaten.set(reply, peer.inbox);
    const lane = new ReplyLane(this.#options, `${peer.inbox}.beat`, this.#options.head, reply);
    for (let at = 0; at < ids.length; at += idsPerFrame)
      lane.add(0, [frameKind.beat, ...ids.slice(at, at + idsPerFrame)]);
  }
}
