import { FairMap } from "../../../base/fair-map.ts";
import { isIdle, Peer } from "./peer.ts";

const maxPeers = 10_000;
/** A token may stand for many processes: of who gives no name, every command line is one. */
const maxPeersPerCaller = 1_000;
/** Bytes of answers that are remembered for all the processes of one caller. */
const maxAnswerBytesPerCaller = 67_108_864;
/** And of all callers together. Above it, those with more than their share lose theirs until so much is left. */
const maxAnswerBytes = 268_435_456;
const shrunkAnswerBytes = 234_881_024;
/** A peer that has not been heard of for so long, has nothing running here, and has no call whose answer it may still ask for is forgotten. */
const idleMs = 900_000;

/**
 * The processes that call this one. Bounded, for each caller token and in all: who makes up inboxes pushes out its own. Those
 * with calls that run here stay; the mailboxes bound how many those are.
 */
export class Peers {
  readonly #peers = new FairMap<Peer>({
    inAll: maxPeers,
    perOwner: maxPeersPerCaller,
    mayGo: ({ running }) => running.size === 0,
    evicted: (peer) => peer.answers.clear(),
  });
  /** Bytes of answers by caller, of those that have any. */
  readonly #answerBytes = new Map<string, number>();
  #bytesInAll = 0;

  get size(): number {
    return this.#peers.size;
  }

  get(inbox: string, caller: string, now: number): Peer {
    let peer = this.#peers.use(inbox);
    if (!peer) {
      peer = new Peer(inbox, caller, now, (bytes) => this.#count(caller, bytes));
      this.#peers.set(inbox, caller, peer);
    }
    peer.seenAt = now;
    peer.suspicion.clear();
    if (!this.#hasRoom(caller)) this.#peers.shrink(caller, () => this.#hasRoom(caller));
    if (this.#bytesInAll > maxAnswerBytes) this.#shrink();
    return peer;
  }

  known(inbox: string): Peer | undefined {
    return this.#peers.get(inbox);
  }

  forgetIdle(now: number): void {
    for (const peer of this.#peers.values()) {
      if (!isIdle(peer, now, idleMs)) continue;
      this.#peers.delete(peer.inbox);
      peer.answers.clear();
    }
  }

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#peers.values();
  }

  /** One look at all peers, for as many bytes of answers as lie between the two bounds. */
  #shrink(): void {
    const share = shrunkAnswerBytes / this.#answerBytes.size;
    for (const { caller, answers } of this.#peers.values()) {
      if (this.#bytesInAll <= shrunkAnswerBytes) return;
      if ((this.#answerBytes.get(caller) ?? 0) > share) answers.forgetAnswers();
    }
  }

  #hasRoom(caller: string): boolean {
    return (this.#answerBytes.get(caller) ?? 0) <= maxAnswerBytesPerCaller;
  }

  #count(caller: string, bytes: number): void {
    this.#bytesInAll += bytes;
    const left = (this.#answerBytes.get(caller) ?? 0) + bytes;
    if (left > 0) this.#answerBytes.set(caller, left);
    else this.#answerBytes.delete(caller);
  }
}
