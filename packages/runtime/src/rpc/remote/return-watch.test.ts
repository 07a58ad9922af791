import { expect, test } from "vitest";
import type { Membership } from "../membership.ts";
import type { PendingCall } from "./pending-call.ts";
import { ReturnWatch } from "./return-watch.ts";

const nobody = { onChange: () => () => {}, of: () => [] } as unknown as Membership;

function waiting(): PendingCall {
  const call = { operation: { idempotent: false, dedupe: "store" }, idempotencyKey: "key" };
  const member = { manager: "volume", major: 1, address: "a", epoch: 1 };
  return { over: false, call, target: { member } } as unknown as PendingCall;
}

test("calls that have ended while they waited are let go of, those that still wait are not", () => {
  const watch = new ReturnWatch(nobody, { resend: () => {}, passOn: () => {} });
  const still = Array.from({ length: 100 }, waiting);
  for (const pending of still) watch.wait(pending, 2);
  const ended = Array.from({ length: 10_000 }, waiting);
  for (const pending of ended) {
    watch.wait(pending, 2);
    pending.over = true;
  }
  expect(still.every((pending) => watch.has(pending))).toBe(true);
  expect(ended.filter((pending) => watch.has(pending)).length).toBeLessThan(200);
});
