import { redactor } from "@reeve/contract";
import type { InspectionSnapshot } from "../inspection/frame.ts";
import { lifecycleDefinition } from "../lifecycle/lifecycle-logic.ts";
import { type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import type { Call } from "../rpc/call.ts";
import type { Service } from "../rpc/service.ts";
import { CallsTap } from "./calls-tap.ts";
import type { Environment } from "./environment.ts";

interface FramesOptions {
  readonly environment: Environment;
  readonly key: string;
  readonly service: Service;
  epoch(): number;
  own(): unknown;
}

/** Shows one incarnation to whoever watches. While nobody does, it makes nothing. */
export class IncarnationFrames {
  readonly #options: FramesOptions;
  readonly #tap: CallsTap;
  readonly #startedAt: number;
  readonly #redactors = new Map<string, (value: unknown) => unknown>();
  #status: LifecycleStatus = unborn;

  constructor(options: FramesOptions) {
    this.#options = options;
    const { clock, inspection } = options.environment;
    this.#startedAt = clock.wallNow();
    this.#tap = new CallsTap(inspection, clock);
  }

  /** Makes it known to the bus. Returns how to take it out. */
  open(): () => void {
    const { environment, key } = this.#options;
    return environment.inspection.add({
      describe: () => ({
        type: "actor",
        id: this.#id,
        name: key,
        host: environment.host,
        parentId: undefined,
        definition: lifecycleDefinition,
        snapshot: this.#snapshot(),
        at: environment.clock.wallNow(),
      }),
    });
  }

  changed(status: LifecycleStatus, event: string): void {
    this.#status = status;
    const { inspection, clock } = this.#options.environment;
    if (!inspection.watched) return;
    const at = clock.wallNow();
    inspection.emit({ type: "event", id: this.#id, sourceId: undefined, event: { type: event }, at });
    inspection.emit({ type: "snapshot", id: this.#id, event: { type: event }, snapshot: this.#snapshot(), at });
  }

  called(call: Call): void {
    const { operation } = call;
    let redact = this.#redactors.get(operation.name);
    if (!redact) {
      redact = redactor(operation.input);
      this.#redactors.set(operation.name, redact);
    }
    this.#tap.saw(call, this.#id, call.parent?.manager, redact);
  }

  /** The manager's own view of itself; its errors are shown, not thrown. */
  own(): unknown {
    try {
      return this.#options.own();
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  get #id(): string {
    return `${this.#options.key}#${this.#options.epoch()}`;
  }

  #snapshot(): InspectionSnapshot {
    const { service, epoch } = this.#options;
    const { state, phase, causes, failure } = this.#status;
    const own = this.own();
    return {
      status: state === "stopped" ? "done" : state === "failed" ? "error" : "active",
      value: phase ? { [state]: phase } : state,
      context: {
        causes,
        epoch: epoch(),
        inFlight: service.mailbox.inFlight,
        queued: service.mailbox.queued,
        ...service.counters,
        startedAt: this.#startedAt,
        ...(failure === undefined ? {} : { failure: failure instanceof Error ? failure.message : String(failure) }),
        ...(own === undefined ? {} : { own }),
      },
    };
  }
}
