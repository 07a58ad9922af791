import { driverFailureOf, isDriverFailure } from "@reeve/driver-sdk/internal";
import { assign, fromPromise, setup } from "xstate";
import { backoff } from "../base/backoff.ts";
import { type Cause, type CauseReason, hasCause, isDegrading, withCause, withoutCause } from "./cause.ts";
import type { LifecycleEffects } from "./effects.ts";

export interface LifecycleContext {
  readonly effects: LifecycleEffects;
  readonly retryMs: number;
  readonly resetTimeoutMs: number;
  /** What is wrong; some of it degrades it, or would. */
  readonly causes: readonly Cause[];
  /** Recovery and `initHost` are done. */
  readonly prepared: boolean;
  /** How often in a row the driver has failed recovery or `initHost`, and when it is tried again. */
  readonly failedPreparations: number;
  readonly preparePauseMs: number;
  /** `initHostWithRpc` is done. */
  readonly warmed: boolean;
  /** A reset was asked for while none could start. */
  readonly resetWanted: boolean;
  /** How many resets in a row have failed. */
  readonly failedResets: number;
  /** What ended it, in `failed` and after `kill`. */
  readonly failure: unknown;
}

export type LifecycleEvent =
  | { readonly type: "cause.raised"; readonly cause: Cause }
  | { readonly type: "cause.cleared"; readonly reason: CauseReason }
  | { readonly type: "reset" }
  | { readonly type: "drain" }
  /** At once and without order: fenced, crashed, or told to. */
  | { readonly type: "kill"; readonly error: unknown };

export interface LifecycleMachineInput {
  readonly effects: LifecycleEffects;
  /** What is wrong before it begins. Default: nothing. */
  readonly causes?: readonly Cause[];
  /**
   * Before `initHostWithRpc` is tried again after it threw. After a reset that failed it is twice as long, and doubles with
   * each further one: calls wait while it runs. Default 5 s.
   */
  readonly retryMs?: number;
  /** A reset that takes longer has failed: until then calls wait. Default 30 s. */
  readonly resetTimeoutMs?: number;
}

/** A reset that failed is tried again after ten seconds, and after five minutes at the latest. */
const longestResetRetry = 6;

/** A preparation that its driver failed is tried again after 1 s, 2 s, … 60 s. */
const preparePauses = { initialMs: 1_000, maxMs: 60_000 };

/** The longest pause at once where the driver says that trying again is of no use: somebody has to mend the device. */
function preparePauseMs({ failedPreparations, effects }: LifecycleContext, error: unknown): number {
  const random = () => effects.random?.() ?? 1;
  const { maxMs } = preparePauses;
  const passing = driverFailureOf(error)?.passing === true;
  return backoff(passing ? preparePauses : { initialMs: maxMs, maxMs }, random)(failedPreparations);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Names driver, method and error, also where somebody has put words of his own before them. */
function driverMessageOf(error: unknown): string {
  const message = messageOf(error);
  const inner = driverFailureOf(error)?.error.message ?? message;
  return message.includes(inner) ? message : `${message}: ${inner}`;
}

/** The lifecycle of a manager, as DESIGN draws it. Pure: its effects come with the input and time from the actor's clock. */
export const lifecycleMachine = setup({
  types: {
    context: {} as LifecycleContext,
    events: {} as LifecycleEvent,
    input: {} as LifecycleMachineInput,
  },
  actors: {
    boot: fromPromise<void, LifecycleEffects>(({ input, signal }) => input.boot(signal)),
    prepare: fromPromise<void, LifecycleEffects>(({ input, signal }) => input.prepare(signal)),
    warmUp: fromPromise<void, LifecycleEffects>(({ input, signal }) => input.warmUp(signal)),
    reset: fromPromise<void, LifecycleEffects>(({ input, signal }) => input.reset(signal)),
    drain: fromPromise<void, LifecycleEffects>(({ input, signal }) => input.drain(signal)),
  },
  actions: {
    raiseCause: assign({
      causes: ({ context }, { cause }: { cause: Cause }) => withCause(context.causes, cause),
    }),
    clearCause: assign(({ context }, { reason }: { reason: CauseReason }) =>
      // With the driver back there is no reason to wait before it is asked again.
      reason === "DRIVER_LOST"
        ? { causes: withoutCause(context.causes, reason, "PREPARE_FAILED"), failedPreparations: 0 }
        : { causes: withoutCause(context.causes, reason) },
    ),
    prepareFailed: assign(({ context }, { error }: { error: unknown }) => ({
      failedPreparations: context.failedPreparations + 1,
      preparePauseMs: preparePauseMs(context, error),
      // Not DRIVER_LOST: only who watches the driver says so, and takes it back; it may be up again by now.
      causes: withCause(context.causes, { reason: "PREPARE_FAILED", message: driverMessageOf(error) }),
    })),
    wantReset: assign({ resetWanted: true }),
    resetStarts: assign({ resetWanted: false }),
    resetSucceeded: assign(({ context }) => ({
      failedResets: 0,
      // Somebody may have mended what the preparation failed for.
      causes: withoutCause(context.causes, "RESET_FAILED", "PREPARE_FAILED"),
    })),
    resetFailed: assign(({ context }, { message }: { message: string }) => ({
      failedResets: context.failedResets + 1,
      causes: withCause(context.causes, { reason: "RESET_FAILED", message }),
    })),
    markPrepared: assign({ prepared: true }),
    markWarmed: assign({ warmed: true }),
    keepFailure: assign({ failure: (_, { error }: { error: unknown }) => error }),
  },
  guards: {
    keptFromPreparing: ({ context: { causes } }) =>
      hasCause(causes, "DRIVER_LOST") || hasCause(causes, "ADDRESS_CLAIMED"),
    isNews: ({ context }, { cause }: { cause: Cause }) =>
      !context.causes.some(({ reason, message }) => reason === cause.reason && message === cause.message),
    stands: ({ context }, { reason }: { reason: CauseReason }) => hasCause(context.causes, reason),
    becauseOfDriver: (_, { error }: { error: unknown }) => isDriverFailure(error),
    impaired: ({ context }) => isDegrading(context.causes),
    healed: ({ context }) => context.prepared && !isDegrading(context.causes),
    healedAndWarmed: ({ context }) => context.prepared && context.warmed && !isDegrading(context.causes),
    preparable: ({ context: { prepared, causes } }) =>
      !prepared &&
      !hasCause(causes, "DRIVER_LOST") &&
      // The managers' work is not done beside whoever does it at this address.
      !hasCause(causes, "ADDRESS_CLAIMED") &&
      !hasCause(causes, "PREPARE_FAILED"),
    resetWanted: ({ context }) => context.resetWanted,
  },
  delays: {
    retry: ({ context }) => context.retryMs,
    prepareRetry: ({ context }) => context.preparePauseMs,
    resetRetry: ({ context }) => context.retryMs * 2 ** Math.min(context.failedResets, longestResetRetry),
    resetTimeout: ({ context }) => context.resetTimeoutMs,
  },
}).createMachine({
  id: "manager",
  initial: "booting",
  context: ({ input }) => ({
    effects: input.effects,
    retryMs: input.retryMs ?? 5_000,
    resetTimeoutMs: input.resetTimeoutMs ?? 30_000,
    causes: input.causes ?? [],
    prepared: false,
    failedPreparations: 0,
    preparePauseMs: preparePauses.initialMs,
    warmed: false,
    resetWanted: false,
    failedResets: 0,
    failure: undefined,
  }),
  on: {
    "cause.raised": {
      guard: { type: "isNews", params: ({ event }) => ({ cause: event.cause }) },
      actions: { type: "raiseCause", params: ({ event }) => ({ cause: event.cause }) },
    },
    "cause.cleared": {
      guard: { type: "stands", params: ({ event }) => ({ reason: event.reason }) },
      actions: { type: "clearCause", params: ({ event }) => ({ reason: event.reason }) },
    },
    reset: { actions: "wantReset" },
    drain: ".draining",
    kill: { target: ".stopped", actions: { type: "keepFailure", params: ({ event }) => ({ error: event.error }) } },
  },
  states: {
    booting: {
      invoke: {
        src: "boot",
        input: ({ context }) => context.effects,
        onDone: [{ guard: "keptFromPreparing", target: "degraded" }, { target: "preRpc" }],
        onError: {
          target: "failed",
          actions: { type: "keepFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    preRpc: {
      invoke: {
        src: "prepare",
        input: ({ context }) => context.effects,
        onDone: { target: "serving", actions: "markPrepared" },
        onError: [
          {
            guard: { type: "becauseOfDriver", params: ({ event }) => ({ error: event.error }) },
            target: "degraded",
            actions: { type: "prepareFailed", params: ({ event }) => ({ error: event.error }) },
          },
          { target: "failed", actions: { type: "keepFailure", params: ({ event }) => ({ error: event.error }) } },
        ],
      },
    },
    serving: {
      initial: "warmingUp",
      states: {
        warmingUp: {
          invoke: {
            src: "warmUp",
            input: ({ context }) => context.effects,
            onDone: { target: "ready", actions: "markWarmed" },
            onError: {
              target: "#manager.degraded",
              actions: {
                type: "raiseCause",
                params: ({ event }) => ({ cause: { reason: "WARM_UP_FAILED", message: messageOf(event.error) } }),
              },
            },
          },
        },
        ready: {
          always: [
            { guard: "resetWanted", target: "#manager.resetting" },
            { guard: "impaired", target: "#manager.degraded" },
          ],
        },
      },
    },
    degraded: {
      always: [
        { guard: "resetWanted", target: "resetting" },
        { guard: "preparable", target: "preRpc" },
        { guard: "healedAndWarmed", target: "serving.ready" },
        { guard: "healed", target: "serving" },
      ],
      after: {
        retry: {
          guard: { type: "stands", params: { reason: "WARM_UP_FAILED" } },
          target: "serving",
          actions: { type: "clearCause", params: { reason: "WARM_UP_FAILED" } },
        },
        prepareRetry: {
          guard: { type: "stands", params: { reason: "PREPARE_FAILED" } },
          actions: { type: "clearCause", params: { reason: "PREPARE_FAILED" } },
        },
        resetRetry: { guard: { type: "stands", params: { reason: "RESET_FAILED" } }, target: "resetting" },
      },
    },
    resetting: {
      entry: "resetStarts",
      invoke: {
        src: "reset",
        input: ({ context }) => context.effects,
        // Degraded decides where it belongs, and at once when nothing is wrong.
        onDone: { target: "degraded", actions: "resetSucceeded" },
        onError: {
          target: "degraded",
          actions: { type: "resetFailed", params: ({ event }) => ({ message: messageOf(event.error) }) },
        },
      },
      after: {
        resetTimeout: {
          target: "degraded",
          actions: {
            type: "resetFailed",
            params: ({ context }) => ({ message: `it took longer than ${context.resetTimeoutMs} ms` }),
          },
        },
      },
    },
    draining: {
      on: { drain: {} },
      invoke: {
        src: "drain",
        input: ({ context }) => context.effects,
        onDone: "stopped",
        onError: {
          target: "stopped",
          actions: { type: "keepFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    stopped: { type: "final" },
    failed: { type: "final" },
  },
});
