import { expectTypeOf, test } from "vitest";
import type { QueuedCall } from "../mailbox/queued-call.ts";
import type { Call } from "./call.ts";
import type { ReceivedCall } from "./callee/received-call.ts";
import type { RunningCall } from "./callee/running-call.ts";
import type { RoutedCall } from "./caller/routed-call.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The fields that can be written. */
type Writable<T> = {
  [K in keyof T]-?: Same<Pick<T, K>, Readonly<Pick<T, K>>> extends true
    ? never
    : T[K] extends (...args: never[]) => unknown
      ? never
      : K;
}[keyof T];

type Links = "listPrevious" | "listNext" | "runIndex";

test("each room writes what is its own, and nothing else", () => {
  expectTypeOf<Writable<QueuedCall>>().toEqualTypeOf<"waiting" | "takesSlot" | "arrival" | Links>();
  expectTypeOf<Writable<RoutedCall>>().toEqualTypeOf<
    "idempotencyKey" | "acknowledges" | "progress" | "host" | "trace"
  >();
  expectTypeOf<Writable<RunningCall>>().toEqualTypeOf<"work" | "host" | "trace">();
  expectTypeOf<Exclude<Writable<ReceivedCall>, Writable<QueuedCall> | Writable<RunningCall>>>().toEqualTypeOf<
    "offered" | "parsed" | "lane" | "replay"
  >();
});

test("a call is what every room wants", () => {
  expectTypeOf<Call>().toExtend<QueuedCall>();
  expectTypeOf<Call>().toExtend<RoutedCall>();
  expectTypeOf<Call>().toExtend<ReceivedCall>();
});

test("where a call is nobody writes but the call", () => {
  const write = (call: RoutedCall & ReceivedCall, stage: Call["stage"]) => {
    // @ts-expect-error: only its transitions do
    call.stage = stage;
    // @ts-expect-error: it follows from the stage
    call.settled = true;
    // @ts-expect-error: it follows from the stage
    call.running = true;
  };
  expectTypeOf(write).toBeFunction();
});
