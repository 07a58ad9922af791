import { expectTypeOf, test } from "vitest";
import { isReason } from "./is-reason.ts";
import { reeveError } from "./reeve-error.ts";

declare const caught: unknown;

test("a reason of the runtime narrows its data", () => {
  if (isReason(caught, "BUSY")) {
    expectTypeOf(caught.reason).toEqualTypeOf<"BUSY">();
    expectTypeOf(caught.data.resource).toBeString();
    expectTypeOf(caught.data.waitingFor?.method).toEqualTypeOf<string | undefined>();
  }
  if (isReason(caught, "MAILBOX_FULL")) expectTypeOf(caught.data.retryAfterMs).toBeNumber();
  if (isReason(caught, "NOT_SERVING")) expectTypeOf(caught.data?.state).toEqualTypeOf<string | undefined>();
  if (isReason(caught, "CANCELLED")) expectTypeOf(caught.data?.waitingFor.driver).toEqualTypeOf<string | undefined>();
  // @ts-expect-error no reason of the runtime
  isReason(caught, "QUOTA_EXCEEDED");
});

test("who throws a reason gives its data", () => {
  reeveError("BUSY", "busy", { data: { resource: "v1" } });
  reeveError("CANCELLED", "cancelled");
  // @ts-expect-error always has data
  reeveError("BUSY", "busy");
  // @ts-expect-error of another shape
  reeveError("BUSY", "busy", { data: { resorce: "v1" } });
  // @ts-expect-error of another type
  reeveError("MOVED", "moved", { data: { owner: { nested: true } } });
});
