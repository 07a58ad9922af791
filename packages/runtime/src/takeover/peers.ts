import type { ClusterRecord } from "../registry/index.ts";
import type { KnownMember, MemberEnd } from "../registry/membership/index.ts";
import { linkWindowMs } from "./observer.ts";
import { type PeerEvent, type PeerState, peerTable } from "./peer-state.ts";

/** Who is heard of in other processes. */
export interface PeerSource {
  /** The members of every kind that are heard of now. */
  all(): Iterable<KnownMember>;
  /** Asks who is at a host; resolves when those that answer are heard of, with whether the broker has confirmed that. */
  askHost(host: string): Promise<boolean>;
  at(manager: string, major: number, address: string): KnownMember | undefined;
  onChange(listener: (manager: string, major: number, address: string) => void): () => void;
  onGone(listener: (member: KnownMember, silentSince: number | undefined, end: MemberEnd) => void): () => void;
}

/** What is known of one other member of the cluster. */
export interface Peer {
  readonly address: string;
  readonly state: PeerState;
  /** Of the incarnation that this is about. */
  readonly epoch: number;
}

interface PeersOptions {
  readonly source: PeerSource;
  readonly manager: string;
  readonly cluster: string;
  readonly store: string;
  /** Of this incarnation, which is none of them. */
  readonly address: string;
  now(): number;
  /** One of them may be dead. */
  onWorse(): void;
}

type Known = { -readonly [Name in keyof Peer]: Peer[Name] } & { unheardSince: number };

const endings: Readonly<Record<MemberEnd, PeerEvent | undefined>> = {
  said: "departed",
  dead: "ended",
  unknown: "forgotten",
  // Told by what is there now.
  replaced: undefined,
};

/**
 * What is heard of the other members of a cluster, of one manager. Each word is about one incarnation: what is said of an earlier
 * one says nothing of a later one. Versions do not matter, as those at one address share record and epoch.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Known>();
  readonly #stop: readonly (() => void)[];

  constructor(options: PeersOptions) {
    const { source } = options;
    this.#options = options;
    this.#stop = [
      source.onChange((manager, major, address) => {
        if (manager === options.manager) this.#changed(source.at(manager, major, address));
      }),
      source.onGone((member, _, end) => this.#gone(member, end)),
    ];
    for (const member of source.all()) this.#changed(member);
  }

  /** Takes in what the database knows; who is not in it any more is forgotten. Returns them as they are known then. */
  look(records: readonly ClusterRecord[], linkSince: number | undefined): ReadonlyMap<string, Peer> {
    const now = this.#options.now();
    const there = new Set(records.map(({ address }) => address));
    for (const { address, state } of this.#peers.values()) {
      // One that speaks may have registered after the database was asked.
      if (!there.has(address) && state !== "heard" && state !== "silent") this.#peers.delete(address);
    }
    for (const { address, epoch, raisedBy } of records) {
      const peer = this.#peers.get(address);
      if (!peer) {
        this.#peers.set(address, { address, state: "unheard", epoch, unheardSince: now });
        continue;
      }
      // Raised by a peer it is about the same incarnation, which may write no more.
      if (epoch > peer.epoch && raisedBy === null) {
        peer.epoch = epoch;
        this.#step(peer, "renewed");
      }
      const since = Math.max(peer.unheardSince, linkSince ?? Number.POSITIVE_INFINITY);
      if (now - since >= linkWindowMs) this.#step(peer, "windowPassed");
    }
    return this.#peers;
  }

  close(): void {
    for (const stop of this.#stop) stop();
  }

  #changed(member: KnownMember | undefined): void {
    if (member && this.#isPeer(member)) this.#tell(member, member.hearing === "heard" ? "heard" : "silent");
  }

  #gone(member: KnownMember, end: MemberEnd): void {
    const event = endings[end];
    if (event === undefined || !this.#isPeer(member)) return;
    this.#tell(member, event);
    this.#options.onWorse();
  }

  #isPeer({ manager, cluster, store, address }: KnownMember): boolean {
    const own = this.#options;
    return manager === own.manager && cluster === own.cluster && store === own.store && address !== own.address;
  }

  #tell({ address, epoch }: KnownMember, event: PeerEvent): void {
    const { now } = this.#options;
    let peer = this.#peers.get(address);
    if (!peer) {
      peer = { address, state: "unheard", epoch, unheardSince: now() };
      this.#peers.set(address, peer);
    }
    if (epoch < peer.epoch) return;
    peer.epoch = epoch;
    this.#step(peer, event);
  }

  #step(peer: Known, event: PeerEvent): void {
    const next = peerTable[peer.state][event];
    if (next === undefined) return;
    peer.state = next;
    if (next === "unheard") peer.unheardSince = this.#options.now();
  }
}
