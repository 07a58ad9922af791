import { z } from "zod";
/** What a test sees and decides of the machine's surroundings. */
export interface Surroundings {
  /** What happened, in order. */
  readonly seen: string[];
  /** Writes the image; rejects where that fails. `attempt` counts from 0. */
  image(id: string, signal: AbortSignal, attempt: number): Promise<string>;
  /** How long it may be being racked. Default 30 s. */
  readonly patienceMs?: number;
}
export declare const servers: import("@reeve/contract").Contract<{
  readonly rack: import("@reeve/contract").CallOperation<
    z.ZodObject<
      {
        id: z.ZodString;
      },
      z.core.$strip
    >,
    z.ZodString,
    {},
    "any"
  >;
  readonly send: import("@reeve/contract").CallOperation<
    z.ZodObject<
      {
        id: z.ZodString;
        type: z.ZodString;
      },
      z.core.$strip
    >,
    z.ZodObject<
      {
        state: z.ZodString;
        taken: z.ZodBoolean;
      },
      z.core.$strip
    >,
    {},
    "any"
  >;
  readonly note: import("@reeve/contract").CallOperation<
    z.ZodObject<
      {
        id: z.ZodString;
        type: z.ZodString;
        fail: z.ZodBoolean;
      },
      z.core.$strip
    >,
    z.ZodString,
    {},
    "any"
  >;
  readonly find: import("@reeve/contract").CallOperation<
    z.ZodObject<
      {
        id: z.ZodString;
      },
      z.core.$strip
    >,
    z.ZodUnknown,
    {},
    "any"
  >;
  readonly forget: import("@reeve/contract").CallOperation<
    z.ZodObject<
      {
        id: z.ZodString;
      },
      z.core.$strip
    >,
    z.ZodBoolean,
    {},
    "any"
  >;
  readonly notes: import("@reeve/contract").CallOperation<
    z.ZodObject<{}, z.core.$strip>,
    z.ZodArray<z.ZodString>,
    {},
    "any"
  >;
}>;
export declare const serverStore: import("@reeve/runtime").StoreDefinition<{
  readonly notes: import("@reeve/runtime").Table<
    {
      readonly id: import("@reeve/runtime").Column<string, "key">;
      readonly what: import("@reeve/runtime").Column<string, never>;
    },
    false
  >;
}>;
/** Racking, imaging, testing, waiting for an operator, ready: with a time-out, a retry, a failure and a child that is kept. */
export declare function serverMachine({ seen, image, patienceMs }: Surroundings): import("xstate").StateMachine<
  {
    id: string;
    attempts: number;
    image: string | undefined;
    counted: number;
    error: unknown;
  },
  | {
      type: "racked";
    }
  | {
      type: "approved";
    }
  | {
      type: "count";
    }
  | {
      type: "counted";
    }
  | {
      type: "skip";
    }
  | {
      type: "break";
    }
  | {
      type: "breakAction";
    },
  {
    [x: string]:
      | import("xstate").ActorRefFromLogic<
          | import("xstate").PromiseActorLogic<
              string,
              {
                id: string;
                attempt: number;
              },
              import("xstate").EventObject
            >
          | import("xstate").StateMachine<
              {
                counted: number;
              },
              | {
                  type: "skip";
                }
              | {
                  type: "count";
                },
              {},
              never,
              {
                type: "told";
                params: import("xstate").NonReducibleUnknown;
              },
              never,
              never,
              "over" | "running",
              string,
              import("xstate").NonReducibleUnknown,
              import("xstate").NonReducibleUnknown,
              import("xstate").EventObject,
              import("xstate").MetaObject,
              {
                id: "burnIn";
                states: {
                  readonly running: {};
                  readonly over: {};
                };
              },
              import("xstate").MetaObject
            >
        >
      | undefined;
  },
  | {
      src: "burnIn";
      logic: import("xstate").StateMachine<
        {
          counted: number;
        },
        | {
            type: "skip";
          }
        | {
            type: "count";
          },
        {},
        never,
        {
          type: "told";
          params: import("xstate").NonReducibleUnknown;
        },
        never,
        never,
        "over" | "running",
        string,
        import("xstate").NonReducibleUnknown,
        import("xstate").NonReducibleUnknown,
        import("xstate").EventObject,
        import("xstate").MetaObject,
        {
          id: "burnIn";
          states: {
            readonly running: {};
            readonly over: {};
          };
        },
        import("xstate").MetaObject
      >;
      id: string | undefined;
    }
  | {
      src: "image";
      logic: import("xstate").PromiseActorLogic<
        string,
        {
          id: string;
          attempt: number;
        },
        import("xstate").EventObject
      >;
      id: string | undefined;
    },
  | {
      type: "broken";
      params: unknown;
    }
  | {
      type: "say";
      params: {
        what: string;
      };
    },
  {
    type: "broken";
    params: unknown;
  },
  "patience",
  "imaging" | "lost" | "racking" | "ready" | "testing" | "waiting",
  string,
  {
    id: string;
  },
  import("xstate").NonReducibleUnknown,
  import("xstate").EventObject,
  import("xstate").MetaObject,
  {
    id: "server";
    states: {
      readonly racking: {};
      readonly imaging: {};
      readonly testing: {};
      readonly waiting: {};
      readonly ready: {};
      readonly lost: {};
    };
  },
  import("xstate").MetaObject
>;
/** A manager of servers, each a kept machine. */
export declare function serverManager(
  surroundings: Surroundings,
  kept?: object,
): import("@reeve/runtime").ManagerDefinition<
  import("@reeve/contract").Contract<{
    readonly rack: import("@reeve/contract").CallOperation<
      z.ZodObject<
        {
          id: z.ZodString;
        },
        z.core.$strip
      >,
      z.ZodString,
      {},
      "any"
    >;
    readonly send: import("@reeve/contract").CallOperation<
      z.ZodObject<
        {
          id: z.ZodString;
          type: z.ZodString;
        },
        z.core.$strip
      >,
      z.ZodObject<
        {
          state: z.ZodString;
          taken: z.ZodBoolean;
        },
        z.core.$strip
      >,
      {},
      "any"
    >;
    readonly note: import("@reeve/contract").CallOperation<
      z.ZodObject<
        {
          id: z.ZodString;
          type: z.ZodString;
          fail: z.ZodBoolean;
        },
        z.core.$strip
      >,
      z.ZodString,
      {},
      "any"
    >;
    readonly find: import("@reeve/contract").CallOperation<
      z.ZodObject<
        {
          id: z.ZodString;
        },
        z.core.$strip
      >,
      z.ZodUnknown,
      {},
      "any"
    >;
    readonly forget: import("@reeve/contract").CallOperation<
      z.ZodObject<
        {
          id: z.ZodString;
        },
        z.core.$strip
      >,
      z.ZodBoolean,
      {},
      "any"
    >;
    readonly notes: import("@reeve/contract").CallOperation<
      z.ZodObject<{}, z.core.$strip>,
      z.ZodArray<z.ZodString>,
      {},
      "any"
    >;
  }>,
  never,
  never
>;
//# sourceMappingURL=servers.d.ts.map
