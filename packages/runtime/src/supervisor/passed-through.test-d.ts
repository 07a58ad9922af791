import type { CallOptions } from "@reeve/contract";
import { expectTypeOf, test } from "vitest";
import type { SpawnOptions } from "../manager/spawn-options.ts";
import type { PeriodicTask } from "../periodic/periodic-task.ts";
import type { SqliteOptions } from "../store/sqlite/backend.ts";
import type { LoggingOptions } from "../telemetry/logging.ts";
import type { InProcessClientOptions, InProcessOptions } from "../transport/in-process/in-process.ts";
import type { RunOptions, WorkersOptions } from "../workers/workers.ts";
import type { ConnectOptions } from "./connect.ts";
import type { RestartOptions, SupervisorOptions } from "./supervisor-options.ts";

/** The options that may be left out, and not be given as undefined. */
type Strict<T> = {
  [K in keyof T]-?: {} extends Pick<T, K> ? ({ [P in K]: undefined } extends Pick<T, K> ? never : K) : never;
}[keyof T];

test("an option that was not given to who passes it on may be passed on as it is", () => {
  expectTypeOf<Strict<SupervisorOptions>>().toBeNever();
  expectTypeOf<Strict<RestartOptions>>().toBeNever();
  expectTypeOf<Strict<ConnectOptions>>().toBeNever();
  expectTypeOf<Strict<SpawnOptions>>().toBeNever();
  expectTypeOf<Strict<CallOptions>>().toBeNever();
  expectTypeOf<Strict<SqliteOptions>>().toBeNever();
  expectTypeOf<Strict<InProcessOptions>>().toBeNever();
  expectTypeOf<Strict<InProcessClientOptions>>().toBeNever();
  expectTypeOf<Strict<LoggingOptions>>().toBeNever();
  expectTypeOf<Strict<WorkersOptions>>().toBeNever();
  expectTypeOf<Strict<RunOptions>>().toBeNever();
  expectTypeOf<Strict<PeriodicTask<unknown>>>().toBeNever();
  expectTypeOf<Strict<{ readonly a?: string }>>().toEqualTypeOf<"a">();
});
