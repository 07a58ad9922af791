import type { AnyContract, Contract, Ref } from "@reeve/contract";
import type { Clock, Principal } from "@reeve/runtime";
import {
  type Behaviour,
  Caller,
  Client,
  DeadlineWheel,
  type Endpoint,
  LocalDirectory,
  type LocalTarget,
  LoopTurn,
  type Member,
  makeRef,
  RemoteCalls,
  Service,
  type StoredKeys,
} from "@reeve/runtime/internal";
import { systemClock, type Transport } from "@reeve/runtime/transport";
import { type RecordingLogger, recordingLogger } from "@reeve/testing";
import type { Roll } from "./roll.ts";

export interface HostOptions {
  readonly clock?: Clock;
  readonly trustedForwarders?: readonly string[];
  /** Default: it is always known who lives here. */
  readonly admits?: () => boolean;
}

export interface ServeOptions {
  readonly address?: string;
  readonly cluster?: string;
  readonly epoch?: number;
  readonly maxInFlight?: number;
  readonly maxQueued?: number;
  readonly keys?: StoredKeys;
}

/** A manager that a test's host serves. */
export interface Serving {
  readonly service: Service;
  readonly endpoint: Endpoint;
  readonly member: Member;
  /** Ends at once, as a killed process does. */
  vanish(): void;
}

let ids = 0;
const newId = () => `id-${++ids}`;

/** What one process has of the calls between processes: callers, managers, and its own link. */
export class Host {
  readonly transport: Transport;
  readonly log: RecordingLogger = recordingLogger();
  readonly wheel: DeadlineWheel;
  readonly remoteClient: RemoteCalls["client"];
  readonly remoteServer: RemoteCalls["server"];
  readonly #clock: Clock;
  readonly #roll: Roll;
  readonly #client: Client;
  readonly #near = new LocalDirectory();
  readonly #calls: RemoteCalls;

  constructor(transport: Transport, roll: Roll, { clock = systemClock, trustedForwarders, admits }: HostOptions = {}) {
    this.transport = transport;
    this.#clock = clock;
    this.#roll = roll;
    this.wheel = new DeadlineWheel(clock);
    const turn = new LoopTurn(clock);
    const calls = new RemoteCalls({
      ...{ transport, namespace: "reeve", clock, ids: newId, log: this.log, wheel: this.wheel, turn },
      ...{ membership: roll, near: this.#near, trustedForwarders, admits },
    });
    this.#calls = calls;
    this.remoteClient = calls.client;
    this.remoteServer = calls.server;
    this.#client = new Client({ clock, wheel: this.wheel, turn, ids: newId, locals: calls.targets });
  }

  ref<C extends AnyContract>(contract: C, principal?: Principal): Ref<C> {
    const caller = new Caller((of, origin) => makeRef(this.#client, of, origin), this.transport.caller, principal);
    return caller.ref(contract);
  }

  async serve(contract: Contract, behaviour: Behaviour, options: ServeOptions = {}): Promise<Serving> {
    const { address = this.transport.caller, cluster, epoch = 1, maxInFlight = 64, maxQueued = 1_024 } = options;
    const service = new Service({
      contract,
      address,
      cluster,
      limits: { maxInFlight, maxQueued },
      clock: this.#clock,
      wheel: this.wheel,
      ids: newId,
      log: this.log,
      refs: (of, origin) => makeRef(this.#client, of, origin),
      freeze: false,
      keys: options.keys,
      state: () => "serving",
      onHung: () => {},
      onUnhung: () => {},
    });
    service.provide(behaviour);
    service.mailbox.setMode("open");
    const target: LocalTarget = {
      contract,
      address,
      cluster,
      key: service.key,
      canServe: true,
      deliver: (call) => service.receive(call),
    };
    this.#near.add(target);
    const incarnation = newId();
    const endpoint = this.remoteServer.endpoint({
      ...{ ...target, epoch, incarnation },
      running: () => service.mailbox.running(),
    });
    endpoint.open();
    endpoint.serve(true);
    const member: Member = Object.freeze({
      manager: contract.name,
      major: contract.major,
      minor: contract.minor,
      address,
      cluster,
      epoch,
      incarnation,
      canServe: true,
      caller: this.transport.caller,
    });
    // Known to the broker before it is known to callers, as a manager announces itself.
    await this.transport.flush();
    this.#roll.add(member);
    const vanish = () => {
      this.#near.remove(target);
      this.#roll.remove(member);
    };
    return { service, endpoint, member, vanish };
  }

  close(): void {
    this.#calls.close();
    this.wheel.close();
  }
}
