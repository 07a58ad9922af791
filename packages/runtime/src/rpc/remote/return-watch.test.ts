import { expect, test } from "vitest";
import type { Member, Membership } from "../membership.ts";
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
  for (const pending of still) watch.wait(pending, { store: "disk", epoch: 2 });
  const ended = Array.from({ length: 10_000 }, waiting);
  for (const pending of ended) {
    watch.wait(pending, { store: "disk", epoch: 2 });
    pending.over = true;
  }
  expect(still.every((pending) => watch.has(pending))).toBe(true);
  expect(ended.filter((pending) => watch.has(pending)).length).toBeLessThan(200);
});

const at = (part: Partial<Member>) => ({
  ...{ manager: "volume", major: 1, minor: 0, address: "a", cluster: undefined, epoch: 1, canServe: true, caller: "a" },
  ...part,
});

test.each([
  ["the next life on the same disk", { store: "disk", epoch: 4 }, true],
  ["a life from before on the same disk", { store: "disk", epoch: 3 }, false],
  ["the first life on a new disk", { store: "new-disk", epoch: 1 }, true],
  ["a later life of a process that names no store", { epoch: 4 }, true],
  ["an earlier life of a process that names no store", { epoch: 1 }, false],
  ["the first life on a new disk, while it does not serve", { store: "new-disk", epoch: 1, canServe: false }, false],
])("a call whose callee is gone is sent again to %s: %j, %s", (_, part, again) => {
  const sent: PendingCall[] = [];
  const membership = { ...nobody, of: () => [at(part)] } as Membership;
  const watch = new ReturnWatch(membership, { resend: (pending) => sent.push(pending), passOn: () => {} });
  const pending = waiting();
  watch.wait(pending, { store: "disk", epoch: 4 });
  expect(sent).toEqual(again ? [pending] : []);
  expect(watch.has(pending)).toBe(!again);
});
