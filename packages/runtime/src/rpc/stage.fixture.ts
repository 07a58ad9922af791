import type { AnyContract, Contract, Ref } from "@reeve/contract";
import { DeadlineWheel } from "../base/deadline-wheel.ts";
import { LoopTurn } from "../base/loop-turn.ts";
import { ManualClock } from "../base/manual-clock.ts";
import type { MailboxLimits, MailboxMode } from "../mailbox/mailbox.ts";
import { recordingLogger } from "../telemetry/recording-logger.ts";
import type { Behaviour, StoredKeys } from "./callee/behaviour.ts";
import type { CurrentCall } from "./callee/current-call.ts";
import { Service } from "./callee/service.ts";
import { Caller } from "./caller/caller.ts";
import { Client } from "./caller/client.ts";
import { makeRef } from "./caller/ref.ts";
import type { DeliveredCall, LocalTarget } from "./caller/routed-call.ts";
import { TargetList } from "./caller/target-list.ts";
import type { Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";

interface CastOptions {
  readonly address?: string;
  readonly cluster?: string;
  readonly limits?: Partial<MailboxLimits>;
  readonly freeze?: boolean;
  readonly keys?: StoredKeys;
  readonly current?: CurrentCall;
  readonly mode?: MailboxMode;
}

/** One manager on the stage: a service, and the target that callers find. */
export interface Member extends LocalTarget {
  readonly service: Service;
  readonly hung: string[];
  readonly unhung: () => number;
  /** What arrived, in order. */
  readonly received: DeliveredCall[];
  setMode(mode: MailboxMode, state?: string): void;
}

/** Callers and managers in one process, on a clock that moves only when told to. */
export class Stage {
  readonly clock = new ManualClock();
  readonly wheel = new DeadlineWheel(this.clock);
  readonly turn = new LoopTurn(this.clock);
  readonly log = recordingLogger();
  readonly members: Member[] = [];
  readonly client: Client;
  readonly #lists = new Map<string, TargetList>();
  #ids = 0;

  constructor() {
    const ids = () => `id-${++this.#ids}`;
    this.client = new Client({
      clock: this.clock,
      wheel: this.wheel,
      turn: this.turn,
      ids,
      // The lists it gives out live, as a directory's do.
      locals: {
        of: (name, major) => {
          const key = `${name}.${major}`;
          const list = this.#lists.get(key) ?? new TargetList();
          this.#lists.set(key, list);
          return list;
        },
      },
    });
  }

  /** Puts a manager on the stage, open unless told otherwise. */
  add(contract: Contract, behaviour: Behaviour, options: CastOptions = {}): Member {
    const { address = "a", cluster, limits, freeze = false, keys, current, mode = "open" } = options;
    const hung: string[] = [];
    let unhung = 0;
    let state = "serving";
    const service = new Service({
      contract,
      address,
      cluster,
      limits: { maxInFlight: 64, maxQueued: 1024, ...limits },
      clock: this.clock,
      wheel: this.wheel,
      ids: () => this.client.newRequestId(),
      log: this.log,
      refs: (of, origin) => makeRef(this.client, of, origin),
      freeze,
      keys,
      current,
      state: () => state,
      onHung: ({ operation }) => hung.push(operation),
      onUnhung: () => {
        unhung++;
      },
    });
    service.provide(behaviour);
    service.mailbox.setMode(mode);
    const received: DeliveredCall[] = [];
    const member: Member = {
      contract,
      address,
      cluster,
      key: service.key,
      service,
      hung,
      received,
      unhung: () => unhung,
      get canServe() {
        return service.mailbox.mode === "open";
      },
      deliver: (call) => {
        received.push(call);
        service.receive(call);
      },
      setMode: (next, named = next) => {
        state = named;
        service.mailbox.setMode(next);
      },
    };
    this.members.push(member);
    (this.client.targetsOf(contract) as TargetList).put(member);
    return member;
  }

  /** A ref for a script. */
  ref<C extends AnyContract>(contract: C, principal?: Principal): Ref<C> {
    return new Caller((of, origin) => makeRef(this.client, of, origin), "script", principal).ref(contract);
  }

  /** A ref for anything else that calls. */
  refFrom<C extends AnyContract>(contract: C, origin: Origin): Ref<C> {
    return makeRef(this.client, contract, origin);
  }

  /** Lets every promise settle that can. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }
}

/** A promise that a test settles, and what waits for it. */
export interface Gate<T = void> {
  readonly passed: Promise<T>;
  open(value: T): void;
  fail(error: unknown): void;
}

export function gate<T = void>(): Gate<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { passed: promise, open: resolve, fail: reject };
}
