import { expect, test } from "vitest";
import type { Member, Membership } from "../../membership.ts";
import type { PendingCall } from "./pending-call.ts";
import { ReturnWatch } from "./return-watch.ts";

const nobody = { onChange: () => () => {}, at: () => undefined } as unknown as Membership;

function waiting(idempotent = false): PendingCall {
  const call = { operation: { idempotent, dedupe: "store" }, idempotencyKey: "key", binding: { targets: [] } };
  const member = { manager: "volume", major: 1, address: "a", epoch: 1 };
  const doubt = { outcome: "maybe-executed" };
  return { over: false, call, doubt, target: { member } } as unknown as PendingCall;
}

test("calls that have ended while they waited are let go of, those that still wait are not", () => {
  const watch = new ReturnWatch(nobody, { resend: () => {}, passOn: () => {}, lost: () => {} });
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
  ["the next life on the same disk", { store: "disk", epoch: 4 }, "again", "again"],
  ["a life from before on the same disk", { store: "disk", epoch: 3 }, "waits", "waits"],
  ["the first life on a new disk", { store: "new-disk", epoch: 1 }, "lost", "again"],
  ["a later life of a process that names no store", { epoch: 4 }, "again", "again"],
  ["an earlier life of a process that names no store", { epoch: 1 }, "waits", "waits"],
  [
    "the first life on a new disk, while it does not serve",
    { store: "new-disk", epoch: 1, canServe: false },
    "waits",
    "waits",
  ],
])(
  "a call whose callee is gone, and %s is there: %j, with a key it %s, an idempotent one %s",
  (_, part, keyed, idempotent) => {
    const membership = { ...nobody, at: () => at(part) } as Membership;
    for (const [pending, expected] of [
      [waiting(), keyed],
      [waiting(true), idempotent],
    ] as const) {
      let became = "waits";
      const end = (what: string) => () => {
        became = what;
      };
      const watch = new ReturnWatch(membership, { resend: end("again"), passOn: end("passed on"), lost: end("lost") });
      watch.wait(pending, { store: "disk", epoch: 4 });
      expect([became, watch.has(pending)]).toEqual([expected, expected === "waits"]);
    }
  },
);

test("one that did not run the last time is sent to whatever disk is there", () => {
  const sent: PendingCall[] = [];
  const membership = { ...nobody, at: () => at({ store: "new-disk", epoch: 1 }) } as Membership;
  const port = { resend: (pending: PendingCall) => void sent.push(pending), passOn: () => {}, lost: () => {} };
  const pending = waiting();
  pending.doubt = { outcome: "not-executed" } as never;
  new ReturnWatch(membership, port).wait(pending, { store: "disk", epoch: 4 });
  expect(sent).toEqual([pending]);
});
