import { ReeveError } from "@reeve/contract";
import { redactor } from "@reeve/contract/internal";
import type { Clock } from "../base/clock.ts";
import type { InspectionBus, InspectionSource } from "../inspection/bus.ts";
import { type ChildFrames, ShownChildren } from "../inspection/child-frames.ts";
import type {
  ActorFrame,
  ChildFrame,
  EventFrame,
  InspectedTransition,
  InspectionLoad,
  InspectionSnapshot,
  ReplyFrame,
} from "../inspection/frame.ts";
import { type Answer, LastAnswer } from "../inspection/last-answer.ts";
import { type Secrets, shieldedValue } from "../inspection/shielded-value.ts";
import { TransitionLog } from "../inspection/transition-log.ts";
import { lifecycleDefinition } from "../lifecycle/lifecycle-logic.ts";
import { type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import { CallTrace } from "../rpc/call-trace.ts";
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
  readonly secrets: Secrets;
}

/** A call that was shown. */
interface CalledFrame {
  readonly call: ReceivedCall;
  readonly frame: EventFrame;
  readonly begunAt: number;
}

/** Shows one incarnation to whoever watches. While nobody does, it makes nothing. */
export class IncarnationFrames implements InspectionSource {
  readonly #options: FramesOptions;
  readonly #tap: CallsTap;
  readonly #startedAt: number;
  readonly #redactors = new Map<string, (value: unknown) => unknown>();
  readonly #past = new TransitionLog();
  readonly #own: LastAnswer<unknown>;
  readonly #id: string;
  /** Most managers have none. */
  #children: ShownChildren | undefined;
  #status: LifecycleStatus = unborn;
  #close: (() => void) | undefined;

  constructor(options: FramesOptions) {
    this.#options = options;
    const { clock, inspection } = options;
    this.#startedAt = clock.wallNow();
    this.#own = new LastAnswer(clock);
    this.#tap = new CallsTap(inspection, clock);
    this.#id = inspection.newId(options.key);
  }

  /** Shows the actors that live in the manager. They end with it. */
  get childFrames(): ChildFrames {
    const { key, clock, inspection: bus, secrets } = this.#options;
    this.#children ??= new ShownChildren({ id: this.#id, key, bus, clock, secrets });
    return this.#children;
  }

  /** Makes it known to the bus, until it ends. */
  open(): void {
    this.#close = this.#options.inspection.add(this);
  }

  load(): InspectionLoad {
    const { mailbox, counters } = this.#options.service;
    return { id: this.#id, inFlight: mailbox.inFlight, queued: mailbox.queued, ...counters };
  }

  children(): Iterable<ChildFrame> {
    return this.#children?.describe() ?? [];
  }

  changed(status: LifecycleStatus, event: string): void {
    this.#status = status;
    const { inspection, clock } = this.#options;
    const over = status.state === "stopped" || status.state === "failed";
    const at = clock.wallNow();
    if (inspection.watched)
      inspection.emit({ type: "event", id: this.#id, sourceId: undefined, event: { type: event }, at });
    if (over) this.#children?.end();
    if (inspection.watched)
      inspection.emit({ type: "snapshot", id: this.#id, event: { type: event }, snapshot: this.#snapshot(), at });
    const { causes, failure } = status;
    const step = { at, event, value: this.#value, causes, epoch: this.#options.epoch() };
    this.#past.add(failure === undefined ? step : { ...step, failure: messageOf(failure) });
    if (over) this.#close?.();
  }

  /** Before its handler runs. */
  called(call: ReceivedCall): void {
    if (call.settled || !this.#tap.admits()) return;
    const frame = this.#tap.show(call, this.#id, callerOf(call), this.redacted(call.operation, call.input));
    const shown = { call, frame, begunAt: this.#options.clock.now() };
    call.trace ??= new CallTrace();
    const { trace } = call;
    trace.shown = (error) => this.#replied(shown, error);
    // Of an error it is told before this.
    call.onDetach(() => trace.callEnded(undefined, undefined));
  }

  #replied({ call, frame, begunAt }: CalledFrame, error: Error | undefined): void {
    const { inspection, clock, key } = this.#options;
    // Another manager has it now, where none shows how it ends.
    if (!inspection.watched || (call.manager !== key && call.manager !== "")) return;
    const { operation, requestId, accepted, settled } = call;
    const goesOn = error === undefined && accepted && !settled;
    this.#tap.showEnd({
      ...{ to: frame, id: this.#id, callerName: callerOf(call), operation: operation.name, requestId },
      durationMs: Math.round((clock.now() - begunAt) * 1_000) / 1_000,
      end: error ? failureOf(error) : goesOn ? "accepted" : "done",
    });
    if (goesOn) call.onDetach((late) => this.#replied({ call, frame, begunAt }, late));
  }

  /** The input of a call without what its schema marks as secret. */
  redacted(operation: ReceivedCall["operation"], input: unknown): unknown {
    let redact = this.#redactors.get(operation.name);
    if (!redact) {
      redact = redactor(operation.input);
      this.#redactors.set(operation.name, redact);
    }
    return redact(input);
  }

  /** The manager's own view of itself; its errors are shown, not thrown, and one part that throws hides only itself. */
  own(): unknown {
    return shownOwn(this.#own.look(() => this.#options.own()));
  }

  /** The same for whoever asks once, and so waits for one that answers later. */
  async askOwn(): Promise<unknown> {
    return shownOwn(await this.#own.answer(() => this.#options.own()));
  }

  get #value(): InspectionSnapshot["value"] {
    const { state, phase } = this.#status;
    return phase ? { [state]: phase } : state;
  }

  describe(): ActorFrame {
    const { host, clock, key } = this.#options;
    return {
      type: "actor",
      id: this.#id,
      name: key,
      host,
      parentId: undefined,
      definition: lifecycleDefinition,
      snapshot: this.#snapshot(),
      history: shieldedValue(this.#past.steps(), this.#options.secrets) as readonly InspectedTransition[],
      at: clock.wallNow(),
    };
  }

  #snapshot(): InspectionSnapshot {
    const { service, epoch, secrets } = this.#options;
    const { state, causes, failure } = this.#status;
    const own = shieldedValue(this.own(), secrets);
    return {
      status: state === "stopped" ? "done" : state === "failed" ? "error" : "active",
      value: this.#value,
      context: {
        causes: shieldedValue(causes, secrets) as InspectionSnapshot["context"]["causes"],
        epoch: epoch(),
        inFlight: service.mailbox.inFlight,
        queued: service.mailbox.queued,
        ...service.counters,
        startedAt: this.#startedAt,
        ...(failure === undefined ? {} : { failure: secrets.hide(messageOf(failure)) }),
        ...(own === undefined ? {} : { own }),
      },
    };
  }
}

function shownOwn(answer: Answer<unknown>): unknown {
  if (answer === "waiting") return { waiting: "inspect has not answered yet" };
  return "error" in answer ? { error: messageOf(answer.error) } : shieldedValue(answer.value);
}

/** A manager of this process or another; whoever else calls is no actor. */
function callerOf({ parent, caller }: ReceivedCall): string | undefined {
  return parent?.manager ?? (caller.includes("/") ? caller : undefined);
}

function failureOf(error: Error): ReplyFrame["end"] {
  const { message } = error;
  if (error instanceof ReeveError) return { reason: error.reason, message, outcome: error.outcome };
  return { reason: "UNDECLARED", message, outcome: "maybe-executed" };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
