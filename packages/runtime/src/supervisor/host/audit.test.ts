import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { recordingLogger } from "../../telemetry/index.ts";
import { Audit } from "./audit.ts";

const by = { principal: { user: "ada", roles: [] }, peer: "web", remote: true };
const refusal = reeveError("NOT_PERMITTED", "no");

function audit() {
  const clock = new ManualClock();
  const log = recordingLogger();
  const kept = new Audit(clock, log);
  const items = () => [...kept.listed()].sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ item }) => item);
  return { clock, log, kept, items };
}

test("what takes time is kept as running, and then with what became of it and how long it took", async () => {
  const { clock, log, kept, items } = audit();
  const { promise, reject } = Promise.withResolvers<void>();
  const running = kept.during({ ...by, operation: "drain", manager: "bell/a" }, () => promise);
  expect(items()).toMatchObject([{ outcome: "running", tookMs: null }]);
  expect(log.lines).toEqual([]);
  await clock.advance(1_500);
  reject(reeveError("NOT_SERVING", "it stops"));
  await expect(running).rejects.toThrow("it stops");
  const error = { reason: "NOT_SERVING", message: "it stops" };
  expect(items()).toMatchObject([{ outcome: "failed", tookMs: 1_500, error }]);
  expect(log.lines).toMatchObject([{ level: "info", message: "ada from web: drain bell/a: failed, NOT_SERVING" }]);
});

test("the newest 256 actions are kept, and a flood of refusals pushes none of them out", async () => {
  const { kept, items } = audit();
  for (let index = 0; index < 300; index++)
    await kept.during({ ...by, operation: "reset", manager: `bell/${index}` }, () => {});
  for (let index = 0; index < 1_000; index++)
    kept.refused({ ...by, operation: "drain", manager: undefined, peer: `p${index}` }, refusal);
  const all = items();
  const actions = all.filter(({ outcome }) => outcome === "done");
  expect([actions.length, actions[0]!.manager, actions.at(-1)!.manager]).toEqual([256, "bell/299", "bell/44"]);
  const refusals = all.filter(({ outcome }) => outcome === "refused");
  expect([refusals.length, refusals[0]!.peer, refusals.at(-1)!.peer]).toEqual([64, "p999", "p936"]);
});

test("what a caller writes is cut to size", () => {
  const { kept, items } = audit();
  kept.refused({ ...by, operation: "drain", manager: "x".repeat(100_000) }, refusal);
  expect(items()[0]!.manager).toHaveLength(500);
});
