import { isIdle, Peer } from "./peer.ts";

const maxPeers = 10_000;
/** A peer that has not been heard of for so long, has nothing running here, and has no call whose answer it may still ask for is forgotten. */
const idleMs = 900_000;

/** The processes that call this one. Bounded; the longest idle go first. */
export class Peers {
  readonly #peers = new Map<string, Peer>();

  get size(): number {
    return this.#peers.size;
  }

  get(inbox: string, caller: string, now: number): Peer {
    let peer = this.#peers.get(inbox);
    if (!peer) {
      peer = new Peer(inbox, caller, now);
      if (this.#peers.size >= maxPeers) this.#forgetIdlest();
      this.#peers.set(inbox, peer);
    }
    peer.seenAt = now;
    peer.suspicion.clear();
    return peer;
  }

  known(inbox: string): Peer | undefined {
    return this.#peers.get(inbox);
  }

  forgetIdle(now: number): void {
    for (const peer of this.#peers.values()) {
      if (isIdle(peer, now, idleMs)) this.#peers.delete(peer.inbox);
    }
  }

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#peers.values();
  }

  #forgetIdlest(): void {
    let idlest: Peer | undefined;
    for (const peer of this.#peers.values()) {
      if (peer.running.size === 0 && (idlest === undefined || peer.seenAt < idlest.seenAt)) idlest = peer;
    }
    if (idlest) this.#peers.delete(idlest.inbox);
  }
}
