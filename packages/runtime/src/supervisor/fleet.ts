import type { ReeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { DeadlineWheel } from "../base/deadline-wheel.ts";
import type { Ids } from "../base/ids.ts";
import type { LoopTurn } from "../base/loop-turn.ts";
import type { Random } from "../base/random.ts";
import type { AnnouncedIncarnation, AnnouncedPort, OtherProcesses } from "../manager/other-processes.ts";
import { Announcer, Members } from "../registry/membership/index.ts";
import type { LocalTargets } from "../rpc/caller/local-targets.ts";
import type { NearTargets } from "../rpc/remote/client/remote-targets.ts";
import { RemoteCalls } from "../rpc/remote/remote-calls.ts";
import type { ServedManager } from "../rpc/remote/server/endpoint.ts";
import type { RemoteServer } from "../rpc/remote/server/remote-server.ts";
import { ServiceProtocol } from "../service-protocol/index.ts";
import type { LinkView, PeerSource } from "../takeover/index.ts";
import type { Counters, Logger } from "../telemetry/index.ts";
import type { Denial } from "../transport/denials.ts";
import type { Transport } from "../transport/transport.ts";
import { AddressClaims } from "./address-claims.ts";
import { unknownBecause } from "./denial-causes.ts";
import { ListedManager } from "./listed-manager.ts";
import { ListeningIncarnation } from "./listening-incarnation.ts";
import { type Vacancies, Vacancy } from "./vacancy.ts";

export interface FleetOptions {
  readonly transport: Transport;
  readonly namespace: string;
  readonly host: string;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly counters?: Counters | undefined;
  /** The managers of this process. */
  readonly near: NearTargets;
  readonly trustedForwarders: readonly string[];
  /** A message has come: whoever knows whether the process stood still until now says so before it is taken in. */
  onReceived?(receivedAt: number): void;
  /** What the broker forbids the heartbeat thread; told at each change. */
  onDenied?(denials: readonly Denial[]): void;
}

/** What joins a process to the others: it hears who is there, calls them, is heard and called. */
export class Fleet implements OtherProcesses {
  /** Everybody who can be called, here and elsewhere. */
  readonly targets: LocalTargets;
  readonly peers: PeerSource;
  readonly link: LinkView;
  readonly #link: Transport;
  readonly #namespace: string;
  readonly #members: Members;
  readonly #announcer: Announcer;
  readonly #server: RemoteServer;
  readonly #services: ServiceProtocol;
  readonly #claims: AddressClaims;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #closers: readonly (() => unknown)[];

  constructor({ near, trustedForwarders, wheel, turn, host, random, onReceived, ...common }: FleetOptions) {
    const { transport: link, ids } = common;
    const sender = ids();
    const members = new Members({ ...common, link, sender });
    this.#link = link;
    this.#namespace = common.namespace;
    this.#members = members;
    this.peers = members;
    this.link = link;
    this.#announcer = new Announcer({ ...common, link, sender, host, random });
    const calls = new RemoteCalls({
      ...common,
      ...{ near, membership: members, wheel, turn, trustedForwarders },
      onRefused: () => this.#announcer.refused(),
      admits: (receivedAt) => {
        onReceived?.(receivedAt);
        return this.#claims.settled;
      },
    });
    this.#server = calls.server;
    this.#services = new ServiceProtocol({ ...common, random });
    this.#claims = new AddressClaims({
      ...{ members, link, host, sender, clock: common.clock, log: common.log },
      lapsedAt: () => this.#announcer.lapsedAt,
      onSettled: (taken) => this.#server.admit(taken),
    });
    this.#clock = common.clock;
    this.#random = random;
    this.targets = calls.targets;
    this.#closers = [
      () => this.#claims.close(),
      () => this.#services.close(),
      () => this.#announcer.close(),
      () => calls.close(),
      () => members.close(),
    ];
  }

  /** One discovery round for a manager; undefined when there was one. @param waits for a link, where there is none */
  discover(manager: string, major: number, waits = true): Promise<void> | undefined {
    if (!waits && !this.#link.connected) return undefined;
    const round = this.#members.discover(manager, major);
    return waits || !round ? round : this.#whileLinked(round);
  }

  /** Resolves with the promise, or when the link is lost. */
  async #whileLinked(promise: Promise<void>): Promise<void> {
    const lost = new AbortController();
    const stop = this.#link.onLink((up) => !up && lost.abort());
    await withTimeout(this.#clock, Number.POSITIVE_INFINITY, promise, lost.signal).finally(stop);
  }

  /** Whether a process of that host is heard, by its heartbeats if by nothing else. */
  alive(host: string): boolean {
    return this.#members.alive(host);
  }

  /** Told after somebody elsewhere came, changed or went. Returns how to stop. */
  onChange(listener: (manager: string) => void): () => void {
    return this.#members.onChange(listener);
  }

  /** What keeps this process from knowing who is there. */
  unknown(): ReeveError | undefined {
    return unknownBecause(this.#namespace, this.#link.denials?.all ?? []);
  }

  /** The process stood still, by whatever clock, for so long: others may have taken its managers for dead. */
  stoodStill(ms: number): void {
    this.#claims.stoodStill(ms);
  }

  announce(manager: ServedManager, port: AnnouncedPort): AnnouncedIncarnation {
    const { contract, address, cluster, epoch, incarnation, store } = manager;
    const load = () => port.load();
    const announcement = this.#announcer.announce({
      manager: contract.name,
      version: contract.version,
      address,
      cluster,
      epoch,
      incarnation,
      store,
      load,
    });
    const endpoint = this.#server.endpoint(manager);
    const listed = new ListedManager(endpoint, load, this.#clock.wallNow());
    const unlist = this.#services.serve(listed);
    const claim = this.#claims.watch(manager, announcement, port);
    const onEnd = () => {
      this.#claims.unwatch(claim);
      unlist();
      this.#server.release(endpoint);
    };
    return new ListeningIncarnation({ announcement, endpoint, listed, decided: claim.decided, onEnd });
  }

  /** Tells when an address that another process has taken is free. @param store that of this process */
  vacancies(store: () => string): Vacancies {
    const neighbours = this.#claims;
    const shared = { neighbours, clock: this.#clock, random: this.#random };
    return {
      wait: (lost, onVacant) => {
        const vacancy = new Vacancy({ ...shared, store: store(), lost, onVacant });
        return () => vacancy.stop();
      },
    };
  }

  /** Resolves when whoever asks elsewhere finds and reaches what was announced so far. At once without a link, or when it closes. Never rejects. */
  async reachable(): Promise<void> {
    // Its managers are called over this link, and may be found over another.
    const called = this.#link.connected ? this.#link.flush().catch(() => undefined) : undefined;
    await Promise.all([called, this.#announcer.answering()]);
  }

  /** Says that everybody here has stopped, and lets go of the link's subscriptions. */
  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }
}
