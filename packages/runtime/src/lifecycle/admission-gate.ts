import type { Cause } from "./cause.ts";
import type { LifecycleEffects } from "./effects.ts";
import type { InspectionWatch, ShownEvent } from "./inspected-system.ts";
import type { LifecycleEvent } from "./lifecycle-machine.ts";
import type { ShownHost } from "./redacted-actor.ts";
import type { LifecycleStatus } from "./status.ts";

/** A call, as the actor receives it. Its other fields are the receiver's business. */
export interface CallEvent {
  readonly type: "call";
}

export type ManagerEvent = LifecycleEvent | CallEvent;

/** The incarnation behind an actor: what the lifecycle works on and reports to. None of its methods may throw. */
export interface LifecycleHost extends LifecycleEffects {
  /** What is wrong before it begins; asked once. Default: nothing. */
  readonly standing?: readonly Cause[];
  receive(call: CallEvent): void;
  /** The machine has moved, or its causes have changed; `event` made it so. */
  changed(status: LifecycleStatus, event: string): void;
  /** `receive` threw after all: a defect, which must not take the actor with it. */
  broke?(error: unknown): void;
  /** A call as inspectors of XState see it. Default: its type only. */
  shown?(call: CallEvent): ShownEvent;
  /** Redacts in a text what inspectors of XState must not see. Default: nothing. */
  hide?(text: string): string;
  /** The error without that; itself where there is none of it. Default: itself. */
  hideError?(error: unknown): unknown;
  /** An inspector of XState threw. */
  inspectorThrew?(error: unknown): void;
}

/** The actor as its own host sees it. */
export interface LifecycleSelf {
  send(event: ManagerEvent): void;
}

/**
 * The way in to one actor. A call goes straight to the host while the actor does nothing else: its mailbox is empty then,
 * so nothing can be overtaken. Whatever is sent while it handles an event queues up behind that one, calls too. Once the
 * machine has ended, XState drops what it is sent; the host still refuses each call, so that no caller waits in vain.
 */
export class AdmissionGate implements LifecycleSelf, LifecycleEffects, ShownHost {
  readonly #actor: LifecycleSelf;
  #host: LifecycleHost | undefined;
  #watch: InspectionWatch | undefined;
  /** The actor handles an event, or has not started. */
  #busy = true;
  #over = false;
  /** Calls behind the event that is being handled. */
  #queued: CallEvent[] | undefined;

  constructor(actor: LifecycleSelf) {
    this.#actor = actor;
  }

  get over(): boolean {
    return this.#over;
  }

  attach(host: LifecycleHost): void {
    this.#host = host;
  }

  /** While somebody does, calls go through the actor's mailbox: inspectors of XState see them among its events. */
  watchedBy(watch: InspectionWatch): void {
    this.#watch = watch;
  }

  send(event: ManagerEvent): void {
    if (event.type !== "call") {
      this.#actor.send(event);
    } else if (this.#over || !(this.#busy || this.#watch?.observed)) {
      this.#receive(event);
    } else {
      this.#queued ??= [];
      this.#queued.push(event);
      this.#actor.send(event);
    }
  }

  /** A call as inspectors of XState see it. */
  shown(call: ShownEvent): ShownEvent {
    return this.#host!.shown?.(call as unknown as CallEvent) ?? { type: call.type };
  }

  hide(text: string): string {
    return this.#host!.hide?.(text) ?? text;
  }

  hideError(error: unknown): unknown {
    return this.#host!.hideError ? this.#host!.hideError(error) : error;
  }

  inspectorThrew(error: unknown): void {
    this.#host!.inspectorThrew?.(error);
  }

  /** A call has come out of the actor's own mailbox. */
  take(call: CallEvent): void {
    if (this.#queued?.[0] === call) this.#queued.shift();
    this.#receive(call);
  }

  /** The actor handles an event from here on. */
  shut(): void {
    this.#busy = true;
  }

  open(): void {
    this.#busy = false;
  }

  /** The machine is where `status` says. */
  changed(status: LifecycleStatus, event: string, over: boolean): void {
    if (this.#over) return;
    this.#over = over;
    this.#host!.changed(status, event);
    // XState clears the mailbox of an actor that has ended.
    if (over) for (const call of this.#queued?.splice(0) ?? []) this.#receive(call);
  }

  random(): number {
    return this.#host!.random?.() ?? 1;
  }

  boot(signal: AbortSignal): Promise<void> {
    return this.#host!.boot(signal);
  }

  prepare(signal: AbortSignal): Promise<void> {
    return this.#host!.prepare(signal);
  }

  warmUp(signal: AbortSignal): Promise<void> {
    return this.#host!.warmUp(signal);
  }

  reset(signal: AbortSignal): Promise<void> {
    return this.#host!.reset(signal);
  }

  drain(signal: AbortSignal): Promise<void> {
    return this.#host!.drain(signal);
  }

  #receive(call: CallEvent): void {
    try {
      this.#host!.receive(call);
    } catch (error) {
      this.#host!.broke?.(error);
    }
  }
}
