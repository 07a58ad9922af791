import type { Clock } from "../base/clock.ts";
import type { DeadlineWheel } from "../base/deadline-wheel.ts";
import type { Ids } from "../base/ids.ts";
import type { ChildFrames, InspectionBus } from "../inspection/index.ts";
import { modeOf } from "../lifecycle/can-serve.ts";
import type { Cause, CauseReason } from "../lifecycle/cause.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { IdempotencyKeys } from "../recovery/index.ts";
import type { RefusedCall } from "../rpc/callee/behaviour.ts";
import type { RefMaker } from "../rpc/callee/context.ts";
import { CurrentCall } from "../rpc/callee/current-call.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import { Service } from "../rpc/callee/service.ts";
import type { Logger, Observing } from "../telemetry/index.ts";
import { hungCause } from "./hung-cause.ts";
import { IncarnationFrames } from "./incarnation-frames.ts";
import { ManagerSecrets } from "./secrets.ts";
import type { ManagerSpec } from "./spawn-options.ts";
import { acknowledgeOf, onceByKey } from "./stored-keys.ts";

/** What calls are served with: what the host shares. */
export interface ServingSources {
  readonly host: string;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly ids: Ids;
  /** Makes the refs of what runs here. */
  readonly refs: RefMaker;
  readonly inspection: InspectionBus;
  /** Sees each call while it runs; nobody does where there is none. */
  readonly observing: Observing | undefined;
  /** Freeze results of local calls. */
  readonly freeze: boolean;
}

/** The life whose calls are served. */
export interface ServedLife {
  /** `manager/address`. */
  readonly key: string;
  readonly status: LifecycleStatus;
  readonly epoch: number;
  /** Present where an operation keeps its keys in the store. */
  readonly keys: IdempotencyKeys | undefined;
  /** Makes the refs of its operations. */
  readonly refs: RefMaker;
  /** What the manager's own `inspect` shows. */
  ownView(): unknown;
  raise(cause: Cause): void;
  clear(reason: CauseReason): void;
  /** A call lacks the roles that its operation asks for. */
  refused(refusal: RefusedCall): void;
}

interface ServingOptions {
  readonly spec: ManagerSpec;
  readonly sources: ServingSources;
  readonly life: ServedLife;
  readonly log: Logger;
}

/** Where the calls of one life arrive: the service that runs them, and what is shown of them. */
export class Serving {
  readonly service: Service;
  /** Which call runs. Only what journals work pays for it. */
  readonly current: CurrentCall | undefined;
  /** What nobody is to see of the manager. */
  readonly secrets: ManagerSecrets;
  readonly #frames: IncarnationFrames;
  readonly #inspection: InspectionBus;

  constructor({ spec, sources, life, log }: ServingOptions) {
    const { contract, limits, store } = spec.definition;
    const { clock, wheel, ids, freeze, inspection, host, observing } = sources;
    this.#inspection = inspection;
    this.secrets = new ManagerSecrets(spec);
    this.current = store && new CurrentCall(clock);
    this.service = new Service({
      ...{
        contract,
        address: spec.address,
        cluster: spec.cluster,
        limits,
        clock,
        wheel,
        ids,
        refs: life.refs,
        freeze,
        log,
        observing,
        current: this.current,
      },
      keys: {
        once: (call, run) => onceByKey(life.keys!, call, run),
        acknowledge: (call) => acknowledgeOf(life.keys, call),
        abandon: (id, error) => life.keys!.abandon(id, error),
      },
      state: () => life.status.state,
      onHung: (hung, call) => life.raise(hungCause(hung, call.resource)),
      onUnhung: () => life.clear("HUNG"),
      onForbidden: (refusal) => life.refused(refusal),
    });
    this.#frames = new IncarnationFrames({
      ...{ host, clock, inspection, key: life.key, service: this.service },
      epoch: () => life.epoch,
      own: () => life.ownView(),
      secrets: this.secrets,
    });
  }

  /** Shows the actors that live in the manager to whoever watches. */
  get children(): ChildFrames {
    return this.#frames.childFrames;
  }

  /** Shows the life to whoever watches, until it ends. */
  show(): void {
    this.#frames.open();
  }

  receive(call: ReceivedCall): void {
    if (this.#inspection.watched) this.#frames.called(call);
    this.service.receive(call);
  }

  /** A call as inspectors of XState see it. */
  shown({ contract, operation, requestId, input }: ReceivedCall) {
    return { type: `${contract.name}.${operation.name}`, requestId, input: this.#frames.redacted(operation, input) };
  }

  changed(status: LifecycleStatus, event: string): void {
    this.#frames.changed(status, event);
    this.service.mailbox.setMode(modeOf(status));
  }

  /** The manager's own view, as it is shown: never throws, and never waits. */
  view(): unknown {
    return this.#frames.own();
  }

  /** The same for whoever asks once, and so waits for one that answers later. */
  askView(): Promise<unknown> {
    return this.#frames.askOwn();
  }
}
