import { assign, fromPromise, setup } from "xstate";

export interface ImageRequest {
  readonly id: string;
  readonly model: string;
  /** Counts from 1. */
  readonly attempt: number;
}

/** What the machine cannot do itself, and how long it waits. */
export interface Surroundings {
  /** Writes the image. After a crash it is asked for again. */
  writeImage(request: ImageRequest, signal: AbortSignal): Promise<void>;
  readonly rackWithinMs: number;
  readonly pauseMs: number;
  readonly burnInMs: number;
}

export type ServerEvent = { type: "racked" } | { type: "approved"; by: string } | { type: "retry" };

interface ServerContext {
  readonly id: string;
  readonly model: string;
  readonly attempts: number;
  readonly error: string | undefined;
  readonly approvedBy: string | undefined;
}

const mostAttempts = 3;

/** One server from its order until it is ready. All that it waits for outlives the process: people, delays and images. */
export function serverMachine({ writeImage, rackWithinMs, pauseMs, burnInMs }: Surroundings) {
  return setup({
    types: {} as { context: ServerContext; events: ServerEvent; input: { id: string; model: string } },
    actors: {
      writeImage: fromPromise<void, ImageRequest>(({ input, signal }) => writeImage(input, signal)),
    },
    actions: {
      count: assign({ attempts: ({ context }) => context.attempts + 1 }),
      startOver: assign({ attempts: 0, error: undefined }),
      remember: assign({ error: (_, { error }: { error: unknown }) => String((error as Error)?.message ?? error) }),
    },
    guards: { mayTryAgain: ({ context }) => context.attempts < mostAttempts },
    delays: { rackWithin: rackWithinMs, pause: pauseMs, burnIn: burnInMs },
  }).createMachine({
    id: "server",
    context: ({ input }) => ({ ...input, attempts: 0, error: undefined, approvedBy: undefined }),
    initial: "racking",
    states: {
      racking: { after: { rackWithin: "overdue" }, on: { racked: "imaging" } },
      overdue: { on: { racked: "imaging" } },
      imaging: {
        entry: "count",
        invoke: {
          src: "writeImage",
          input: ({ context: { id, model, attempts } }) => ({ id, model, attempt: attempts }),
          onDone: { target: "testing", actions: assign({ error: undefined }) },
          onError: {
            target: "pausing",
            actions: { type: "remember", params: ({ event }) => ({ error: event.error }) },
          },
        },
      },
      pausing: {
        always: { target: "failed", guard: ({ context }) => context.attempts >= mostAttempts },
        after: { pause: { target: "imaging", guard: "mayTryAgain" } },
      },
      failed: { on: { retry: { target: "imaging", actions: "startOver" } } },
      testing: { after: { burnIn: "approval" } },
      approval: {
        on: { approved: { target: "ready", actions: assign({ approvedBy: ({ event }) => event.by }) } },
      },
      ready: { type: "final" },
    },
  });
}
