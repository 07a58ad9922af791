import type { Cause } from "./cause.ts";
import type { InspectedActor, ShownEvent } from "./inspected-system.ts";

/** What a manager says of how it is shown. */
export interface ShownHost {
  /** A call as inspectors of XState see it. */
  shown(call: ShownEvent): ShownEvent;
  /** Redacts what nobody is to see. */
  hide(text: string): string;
  /** The error itself where nothing in it is to be redacted. */
  hideError(error: unknown): unknown;
  inspectorThrew(error: unknown): void;
}

/** An actor that begins; XState's own event, which carries its input. */
const initEvent = "xstate.init";

interface ShownSnapshot {
  readonly error?: unknown;
  readonly context?: { readonly causes?: readonly Cause[]; readonly failure?: unknown };
}

/**
 * The actor of one manager, and what it invokes, as inspectors of XState see them: without its input, which holds configuration
 * and environment, and without what errors and causes quote of the configuration's secrets.
 */
export class RedactedActor implements InspectedActor {
  readonly #host: ShownHost;

  constructor(host: ShownHost) {
    this.#host = host;
  }

  event(event: ShownEvent): ShownEvent {
    if (event.type === initEvent) return { type: initEvent };
    if (event.type === "call") return this.#host.shown(event);
    const { error, data, cause } = event;
    return {
      ...event,
      ...(error === undefined ? {} : { error: this.#host.hideError(error) }),
      ...(data instanceof Error ? { data: this.#host.hideError(data) } : {}),
      ...(cause === undefined ? {} : { cause: this.#cause(cause as Cause) }),
    };
  }

  /** The same one where nothing in it is to be redacted: observers compare snapshots. */
  snapshot<S>(snapshot: S): S {
    const { error, context } = snapshot as ShownSnapshot;
    const shown = context?.causes ? this.#context(context) : context;
    const shownError = this.#host.hideError(error);
    return shown === context && shownError === error ? snapshot : { ...snapshot, context: shown, error: shownError };
  }

  threw(error: unknown): void {
    this.#host.inspectorThrew(error);
  }

  #context<C extends NonNullable<ShownSnapshot["context"]>>(context: C): C {
    const causes = context.causes!.map((cause) => this.#cause(cause));
    const failure = this.#host.hideError(context.failure);
    const same = failure === context.failure && causes.every((cause, index) => cause === context.causes![index]);
    return same ? context : { ...context, causes, failure };
  }

  #cause(cause: Cause): Cause {
    const message = this.#host.hide(cause.message);
    return message === cause.message ? cause : { ...cause, message };
  }
}
