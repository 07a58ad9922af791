import { type ReeveError, reeveError } from "@reeve/contract";
import type { WheelEntry } from "../../base/deadline-wheel.ts";
import type { Bounds, Cancellable } from "../origin.ts";

/** The call, as far as its work needs it. */
interface WorkingCall extends Required<Pick<Bounds, "deadlineAt" | "adopt">> {
  readonly timeoutMs: number;
  readonly manager: string;
  readonly operation: { readonly name: string; readonly timeoutMs: number };
  /** Where its answer is kept, if it has a key. */
  readonly replay: unknown;
  abort(error: ReeveError): void;
}

/**
 * What a call does that its caller's departure does not end. A caller departs when its deadline passes, when it cancels, when its
 * own caller departs, or when its link or process is gone:
 *
 * | the call | its wait | `ctx.signal` | calls that it makes | its answer |
 * |---|---|---|---|---|
 * | plain | ends | aborts | are cancelled; never outlive the caller's deadline | is dropped |
 * | plain, while `work.run` runs | ends | aborts | made meanwhile: go on; end with the work's signal, or at their own timeout | is dropped |
 * | with an idempotency key | ends | goes on | go on; end with `ctx.signal` | is kept for the key |
 * | the same, while `work.run` runs | ends | goes on | made meanwhile: as without a key | is kept for the key |
 * | any that waits for its turn | ends | | | it never runs |
 *
 * The signal of a call with a key aborts at its own deadline: the operation's timeout from the moment it began to run, or what its
 * caller gave it where that is longer. The end of the incarnation, or of its time to drain, aborts every call.
 */
export class CallWork implements WheelEntry, Bounds {
  readonly deadlineAt: number;
  /** What its first journalled work is done to. */
  resource: string | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  wheelNext: WheelEntry | undefined = undefined;
  readonly #call: WorkingCall;
  readonly #startedAt: number;
  readonly #keyed: boolean;
  readonly #journalled: Journalled[] = [];

  /** @param startedAt when the call began to run */
  constructor(call: WorkingCall, startedAt: number) {
    this.#call = call;
    this.#startedAt = startedAt;
    this.#keyed = call.replay !== undefined;
    const untilAt = Number.isFinite(call.deadlineAt) ? call.deadlineAt : startedAt + call.timeoutMs;
    this.deadlineAt = Math.max(untilAt, startedAt + call.operation.timeoutMs);
  }

  /** What bounds the calls that are made now; undefined where the call itself does. */
  get bounds(): Bounds | undefined {
    return this.#journalled.at(-1) ?? (this.#keyed ? this : undefined);
  }

  /** When a handler that ignores its signal is said to hang: after twice the time that it has. Undefined where the call's deadline holds. */
  get hungAt(): number | undefined {
    return this.bounds && this.deadlineAt + (this.deadlineAt - this.#startedAt);
  }

  adopt(nested: Cancellable): () => void {
    return this.#call.adopt(nested);
  }

  /** Journalled work on a resource has begun, with this signal. Returns what to call when it has ended. */
  journal(signal: AbortSignal, resource: string): () => void {
    this.resource ??= resource;
    const work = new Journalled(signal);
    this.#journalled.push(work);
    return () => void this.#journalled.splice(this.#journalled.indexOf(work), 1);
  }

  /** The time of a call with a key is over, whether its caller still waits or not. */
  expire(): void {
    const { manager, operation } = this.#call;
    const message = `${manager}: ${operation.name}: its own timeout passed while it ran`;
    this.#call.abort(reeveError("DEADLINE_EXCEEDED", message));
  }
}

/** Bounds calls by the signal of journalled work alone. */
class Journalled implements Bounds {
  readonly deadlineAt = Number.POSITIVE_INFINITY;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  adopt(nested: Cancellable): () => void {
    return cancelWith(this.#signal, nested);
  }
}

/** Cancels a call when a signal aborts, at once if it has. Returns how to forget the call. */
export function cancelWith(signal: AbortSignal, nested: Cancellable): () => void {
  const cancel = () => nested.cancel(signal.reason);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}
