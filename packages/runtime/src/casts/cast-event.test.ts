import { type Outcome, type Reason, ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { deliveryOf } from "./cast-event.ts";

const of = (reason: Reason, details: object = {}) => reeveError(reason as "BUSY", "text", details as never);
const own = (outcome: Outcome, retryable: boolean) =>
  new ReeveError({ code: "FAILED_PRECONDITION", reason: "FULL", message: "text", outcome, retryable });

test.each<[string, unknown, string, string?]>([
  ["nobody there", of("NO_RESPONDERS"), "absent"],
  ["no link for as long as it may take", of("DEADLINE_EXCEEDED", { outcome: "never-sent" }), "absent"],
  ["a link that is full", of("LINK_SATURATED", { data: { unconfirmedBytes: 1 } }), "absent"],
  ["a callee that stops", of("NOT_SERVING", { data: { state: "draining" } }), "refused"],
  ["a callee that is full", of("MAILBOX_FULL", { data: { queued: 1, retryAfterMs: 1 } }), "refused"],
  ["a callee with a successor", of("FENCED"), "refused"],
  ["a deadline that passed before it ran", of("DEADLINE_EXCEEDED", { outcome: "not-executed" }), "refused"],
  ["a callee that cancelled it before it ran", of("CANCELLED", { outcome: "not-executed" }), "refused"],
  ["a callee that does not start", of("BOOT_FAILED"), "refused"],
  ["a callee that cannot say whose it is", of("OWNER_FAILED"), "refused"],
  ["a deadline that passed as it ran", of("DEADLINE_EXCEEDED"), "unknown"],
  ["a callee that died", of("PEER_LOST"), "unknown"],
  ["a key whose call still runs", of("DUPLICATE_KEY", { retryable: true, data: { state: "running" } }), "running"],
  ["a run that was joined and cut short", of("DUPLICATE_KEY", { data: { state: "interrupted" } }), "unknown"],
  ["a key that says that it was cut short", of("INTERRUPTED"), "rejected", "INTERRUPTED"],
  ["a key whose work recovery has finished", of("DUPLICATE_KEY", { data: { state: "ended" } }), "answered"],
  [
    "a key whose call failed for no known reason",
    of("DUPLICATE_KEY", { data: { state: "failed" } }),
    "rejected",
    "DUPLICATE_KEY",
  ],
  ["a handler that failed and may do later", of("DRIVER_LOST"), "failed"],
  ["a declared error", own("executed", false), "rejected", "FULL"],
  ["a declared error that may pass", own("executed", true), "failed"],
  ["an error that nobody declared", of("UNDECLARED", { data: { errorId: "1" }, outcome: "executed" }), "rejected"],
  ["an input that is none", of("INVALID_INPUT", { data: { issues: [] } }), "barred"],
  ["members that are all too old", of("UNSUPPORTED_VERSION", { outcome: "never-sent" }), "absent"],
  ["an operation that whoever is there does not have", of("UNKNOWN_OPERATION"), "refused"],
  ["a device that cannot do it", of("DRIVER_FAILED", { code: "UNIMPLEMENTED", retryable: false }), "rejected"],
  ["a right that is missing", of("NOT_PERMITTED"), "barred"],
  ["an owner that nobody is", of("NO_OWNER"), "barred"],
  ["what is no error of ours", new Error("no"), "unknown"],
])("%s", (_, error, event, reason) => {
  const delivery = deliveryOf(error);
  expect(delivery.event).toBe(event);
  if (reason) expect(delivery.reason).toBe(reason);
});

test("who has moved says where to", () => {
  expect(deliveryOf(of("MOVED", { data: { owner: "b" } }))).toMatchObject({ event: "moved", owner: "b" });
});
