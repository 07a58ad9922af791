import type { ReeveError } from "@reeve/contract";
import { backoff } from "../base/backoff.ts";
import { type Clock, sinceBoot, type Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type ClusterRecord, type FenceState, fenced, type Registration, type Registry } from "../registry/index.ts";
import type { Logger } from "../telemetry/index.ts";
import { Observer } from "./observer.ts";
import type { ObserverState } from "./observer-state.ts";
import { type LeaseState, verdictOf } from "./peer-state.ts";
import { type Peer, type PeerSource, Peers } from "./peers.ts";

/** How often the others are looked at: one statement or two, by their address and by their leases. */
const lookEveryMs = 1_000;
/** Members that are shut out at once. Of many that have died together the others come as these are done. */
const shutOutAtOnce = 8;

/** The member leases of a manager's addresses. */
export interface MemberLeases {
  statesOf(addresses: readonly string[]): Promise<SeenLeases>;
  /** Told when this process could not renew its own leases. Returns what ends that. */
  onNotRenewed(listener: () => void): () => void;
}

interface SeenLeases {
  /** The time of the database's clock, by which they are judged. */
  readonly databaseNow: number;
  /** An address that is left out has none. */
  readonly leases: ReadonlyMap<string, MemberLease>;
}

interface MemberLease {
  readonly state: LeaseState;
  /** Of the incarnation that it is about. */
  readonly holderEpoch: number;
}

/** What a dead member may leave, each to be finished by one of the others. */
export interface LeftWork {
  /** Whether incarnations before an epoch have left some of it. */
  hasLeft(address: string, before: number): Promise<boolean>;
  /** Finishes it; they are fenced. Resolves when each was tried once, or with the signal when what was claimed by then was. */
  takeOver(address: string, before: number, options?: { readonly signal: AbortSignal }): Promise<unknown>;
}

/** The link to the broker. */
export interface LinkView {
  readonly connected: boolean;
  onLink(listener: (up: boolean) => void): () => void;
}

export interface TakeoverOptions {
  readonly registration: Pick<Registration, "manager" | "address" | "epoch" | "store">;
  /** The address that its members share. */
  readonly cluster: string;
  readonly registry: Pick<Registry, "membersOf" | "fencePeer">;
  readonly peers: PeerSource;
  readonly link: LinkView;
  readonly leases: MemberLeases;
  /** Keeps the device from what a dead member may still send. Absent where there is no driver. */
  readonly fenceDevice: ((fenced: { readonly address: string; readonly epoch: number }) => Promise<void>) | undefined;
  readonly left: readonly LeftWork[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** While it says so, nothing is taken over: what lies below belongs to another process. */
  readonly paused: () => boolean;
  /** This incarnation was fenced. */
  onFenced(error: ReeveError): void;
}

/** One address, while its work is being taken over. */
interface Taking {
  /** Of the fence under which it is done. */
  epoch: number;
  done: boolean;
  /** It is known that there is something to do. */
  begun: boolean;
  running: boolean;
  attempts: number;
  notBefore: number;
}

/**
 * Finishes what dead members of the cluster have left: fenced in the database first, then on the device, then claimed, then
 * recovered. Every member does so, and of all one gets each row. It also finds out when its own incarnation has been fenced.
 */
export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #observer = new Observer();
  readonly #peers: Peers;
  readonly #takings = new Map<string, Taking>();
  readonly #pauseMs: (attempt: number) => number;
  readonly #forgetLink: () => void;
  readonly #forgetRenewals: () => void;
  #timer: Timer;
  #looking: Promise<void> | undefined;
  #told: ObserverState = "blind";
  #lookAgain = false;
  #shuttingOut = 0;
  #putOff = false;
  readonly #closing = new AbortController();

  constructor(options: TakeoverOptions) {
    const { peers, registration, cluster, link, leases, random } = options;
    this.#options = options;
    this.#pauseMs = backoff({ initialMs: 1_000, maxMs: 30_000 }, random);
    const { manager, store, address } = registration;
    const now = () => this.#now();
    const onWorse = () => this.#look();
    this.#peers = new Peers({ source: peers, manager, cluster, store, address, now, onWorse });
    this.#observer.link(link.connected, now());
    this.#forgetLink = link.onLink((up) => this.#observer.link(up, now()));
    this.#forgetRenewals = leases.onNotRenewed(() => this.#observer.database(undefined));
    this.#look();
  }

  /** Looks at nobody any more, and claims nothing. What was claimed is the journal's to finish. Resolves when no look is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#options.clock.clearTimeout(this.#timer);
    this.#peers.close();
    this.#forgetLink();
    this.#forgetRenewals();
    await this.#looking;
  }

  #now(): number {
    return sinceBoot(this.#options.clock);
  }

  #look(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    const { clock, log } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#looking = this.#lookOnce()
      .catch((err: unknown) => log.debug({ err }, "the members of the cluster could not be looked at"))
      .finally(() => {
        this.#looking = undefined;
        if (this.#closing.signal.aborted) return;
        const soon = this.#lookAgain;
        this.#lookAgain = false;
        this.#timer = clock.setTimeout(() => this.#look(), soon ? 0 : lookEveryMs);
      });
  }

  async #lookOnce(): Promise<void> {
    const { registry, registration, cluster, leases, onFenced } = this.#options;
    const { manager, address, epoch } = registration;
    const askedAt = this.#now();
    this.#observer.look(askedAt);
    let records: readonly ClusterRecord[];
    let seen: SeenLeases;
    try {
      records = await registry.membersOf(manager, cluster);
      seen = await leases.statesOf(records.map((record) => record.address));
    } catch (error) {
      this.#observer.database(undefined);
      this.#tellOfSight();
      throw error;
    }
    const own = records.find((record) => record.address === address);
    // A database that answers and takes no writes, as one on a full disk, keeps the others from renewing as well.
    const renews = own !== undefined && leaseOf(own, seen.leases.get(address)) === "held";
    const answer = { askedAt, answeredAt: this.#now(), databaseNow: seen.databaseNow };
    this.#observer.database(renews ? answer : undefined);
    this.#tellOfSight();
    if (this.#closing.signal.aborted) return;
    if (own && own.epoch !== epoch) return onFenced(fenced({ manager, address }, epoch, own));
    const others = records.filter((record) => record.address !== address && record.shared);
    const peers = this.#peers.look(others, this.#observer.linkSince);
    for (const record of others) {
      const peer = peers.get(record.address);
      const lease = leaseOf(record, seen.leases.get(record.address));
      if (peer && verdictOf(this.#observer.state, peer.state, lease) === "dead") this.#take(record, peer, lease);
    }
  }

  #tellOfSight(): void {
    const { state } = this.#observer;
    if (state === this.#told) return;
    this.#told = state;
    this.#options.log.debug({ state }, `observes the other members of the cluster: ${state}`);
  }

  #take(record: ClusterRecord, peer: Peer, lease: LeaseState): void {
    const { address } = record;
    const epoch = record.raisedBy === null ? record.epoch + 1 : record.epoch;
    let taking = this.#takings.get(address);
    if (taking?.epoch !== epoch) {
      taking = { epoch, done: false, begun: false, running: false, attempts: 0, notBefore: 0 };
      this.#takings.set(address, taking);
    }
    if (taking.done || taking.running || this.#options.paused() || this.#now() < taking.notBefore) return;
    if (this.#shuttingOut >= shutOutAtOnce) {
      this.#putOff = true;
      return;
    }
    taking.running = true;
    void this.#takeOver(record, peer, lease, taking)
      .then(
        (done) => {
          taking.done = done;
        },
        (err: unknown) => {
          if (!this.#closing.signal.aborted)
            this.#options.log.warn(
              { peer: address, err },
              "the work of a dead member is not taken over yet; trying again",
            );
          taking.notBefore = this.#now() + this.#pauseMs(taking.attempts++);
        },
      )
      .finally(() => {
        taking.running = false;
      });
  }

  /** Resolves with whether nothing of it is left to look at. */
  async #takeOver(record: ClusterRecord, peer: Peer, lease: LeaseState, taking: Taking): Promise<boolean> {
    const fence = await this.#shutOut(record, peer, lease, taking);
    if (!fence) return true;
    const { left, log } = this.#options;
    const { address } = record;
    const { signal } = this.#closing;
    if (signal.aborted) return false;
    // Side by side: a job that takes an hour to recover keeps no cast waiting.
    const tried = await Promise.allSettled(
      left.map(async (work) => {
        const report = await work.takeOver(address, fence.epoch, { signal });
        log.info({ peer: address, epoch: fence.epoch, report }, "took over what a dead member had left");
      }),
    );
    for (const one of tried) if (one.status === "rejected") throw one.reason;
    return !signal.aborted;
  }

  /** Fences it in the database and on the device. Undefined where it has left nothing, or finishes it itself. */
  async #shutOut(...dead: readonly [ClusterRecord, Peer, LeaseState, Taking]): Promise<FenceState | undefined> {
    this.#shuttingOut += 1;
    try {
      return await this.#fenceOnce(...dead);
    } finally {
      this.#shuttingOut -= 1;
      if (this.#putOff) {
        this.#putOff = false;
        this.#look();
      }
    }
  }

  async #fenceOnce(record: ClusterRecord, peer: Peer, lease: LeaseState, taking: Taking) {
    const { fenceDevice, log } = this.#options;
    const { signal } = this.#closing;
    const { address } = record;
    // Of those that have not died before its eyes most have left nothing: their next life is not to be disturbed for that.
    const orderly = peer.state === "departed" || (peer.state === "missing" && record.raisedBy !== null);
    if (orderly && !taking.begun && !(await this.#hasLeft(address, taking.epoch))) return undefined;
    taking.begun = true;
    const fence = await this.#fence(record);
    // It has registered meanwhile, and finishes its work itself.
    if (fence.raisedBy === null) return undefined;
    if (signal.aborted) return fence;
    const { state } = peer;
    log.warn(
      { peer: address, epoch: fence.epoch, heard: state, lease },
      "a member of the cluster is dead: taking its work over",
    );
    await fenceDevice?.({ address, epoch: fence.epoch });
    return fence;
  }

  async #fence(record: ClusterRecord): Promise<FenceState> {
    if (record.raisedBy !== null) return record;
    const { registry, registration } = this.#options;
    const { manager, address: by } = registration;
    return registry.fencePeer({ manager, address: record.address }, record.epoch, by);
  }

  async #hasLeft(address: string, before: number): Promise<boolean> {
    for (const work of this.#options.left) if (await work.hasLeft(address, before)) return true;
    return false;
  }
}

/** One that has just registered is heard before it has taken the lease, whose row still tells of the life before. */
function leaseOf({ epoch, raisedBy }: ClusterRecord, lease: MemberLease | undefined): LeaseState {
  const lived = raisedBy === null ? epoch : epoch - 1;
  return lease && lease.holderEpoch >= lived ? lease.state : "none";
}
