import { redactor } from "@reeve/contract/internal";
import type { Clock } from "../base/clock.ts";
import type { InspectionBus } from "../inspection/bus.ts";
import type { ActorFrame, InspectionSnapshot } from "../inspection/frame.ts";
import { type Answer, LastAnswer } from "../inspection/last-answer.ts";
import { shieldedValue } from "../inspection/shielded-value.ts";
import { TransitionLog } from "../inspection/transition-log.ts";
import { lifecycleDefinition } from "../lifecycle/lifecycle-logic.ts";
import { type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import type { ReceivedCall } from "../rpc/callee/received-call.ts";
import type { Service } from "../rpc/callee/service.ts";
import { CallsTap } from "./calls-tap.ts";

interface FramesOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly inspection: InspectionBus;
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
  readonly #past = new TransitionLog();
  readonly #own: LastAnswer<unknown>;
  #status: LifecycleStatus = unborn;
  #describedId = "";
  #close: (() => void) | undefined;

  constructor(options: FramesOptions) {
    this.#options = options;
    const { clock, inspection } = options;
    this.#startedAt = clock.wallNow();
    this.#own = new LastAnswer(clock);
    this.#tap = new CallsTap(inspection, clock);
  }

  /** Makes it known to the bus, until it ends. */
  open(): void {
    const { inspection, service } = this.#options;
    this.#close = inspection.add({
      describe: () => this.#describe(),
      load: () => {
        const { inFlight, queued } = service.mailbox;
        return { id: this.#id, inFlight, queued, ...service.counters };
      },
    });
  }

  changed(status: LifecycleStatus, event: string): void {
    this.#status = status;
    const { inspection, clock } = this.#options;
    const at = clock.wallNow();
    if (inspection.watched) {
      // Its epoch, and so its id, is known only once it has registered.
      if (this.#id !== this.#describedId) inspection.emit(this.#describe());
      inspection.emit({ type: "event", id: this.#id, sourceId: undefined, event: { type: event }, at });
      inspection.emit({ type: "snapshot", id: this.#id, event: { type: event }, snapshot: this.#snapshot(), at });
    }
    const { causes, failure } = status;
    const step = { at, event, value: this.#value, causes, epoch: this.#options.epoch() };
    this.#past.add(failure === undefined ? step : { ...step, failure: messageOf(failure) });
    if (status.state === "stopped" || status.state === "failed") this.#close?.();
  }

  called(call: ReceivedCall): void {
    if (call.settled || !this.#tap.admits()) return;
    const { operation } = call;
    let redact = this.#redactors.get(operation.name);
    if (!redact) {
      redact = redactor(operation.input);
      this.#redactors.set(operation.name, redact);
    }
    this.#tap.show(call, this.#id, call.parent?.manager, redact(call.input));
  }

  /** The manager's own view of itself; its errors are shown, not thrown, and one part that throws hides only itself. */
  own(): unknown {
    return shownOwn(this.#own.look(() => this.#options.own()));
  }

  /** The same for whoever asks once, and so waits for one that answers later. */
  async askOwn(): Promise<unknown> {
    return shownOwn(await this.#own.answer(() => this.#options.own()));
  }

  get #id(): string {
    return `${this.#options.key}#${this.#options.epoch()}`;
  }

  get #value(): InspectionSnapshot["value"] {
    const { state, phase } = this.#status;
    return phase ? { [state]: phase } : state;
  }

  #describe(): ActorFrame {
    const { host, clock, key } = this.#options;
    this.#describedId = this.#id;
    return {
      type: "actor",
      id: this.#id,
      name: key,
      host,
      parentId: undefined,
      definition: lifecycleDefinition,
      snapshot: this.#snapshot(),
      history: this.#past.steps(),
      at: clock.wallNow(),
    };
  }

  #snapshot(): InspectionSnapshot {
    const { service, epoch } = this.#options;
    const { state, causes, failure } = this.#status;
    const own = this.own();
    return {
      status: state === "stopped" ? "done" : state === "failed" ? "error" : "active",
      value: this.#value,
      context: {
        causes,
        epoch: epoch(),
        inFlight: service.mailbox.inFlight,
        queued: service.mailbox.queued,
        ...service.counters,
        startedAt: this.#startedAt,
        ...(failure === undefined ? {} : { failure: messageOf(failure) }),
        ...(own === undefined ? {} : { own }),
      },
    };
  }
}

function shownOwn(answer: Answer<unknown>): unknown {
  if (answer === "waiting") return { waiting: "inspect has not answered yet" };
  return "error" in answer ? { error: messageOf(answer.error) } : shieldedValue(answer.value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
