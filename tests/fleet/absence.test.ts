import type { NatsUser } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { openCopiers, read } from "./copier-house.ts";

const bound = { timeout: 30_000 };
vi.setConfig({ testTimeout: 150_000 });

const lost = { reason: "PEER_LOST", outcome: "maybe-executed" };
/** A callee whose host nobody can ask for, and a caller with all rights. */
const users: NatsUser[] = [
  {
    ...{ user: "block-01", password: "secret", publish: [">"] },
    subscribe: [
      "reeve.call.copier.v1.>",
      "_INBOX.block-01.>",
      "reeve.sys.alive.*",
      "reeve.sys.members.*",
      "reeve.sys.found.members.block-01.*",
      "$SRV.>",
      "reeve.sys.inspect.>",
      "reeve.sys.capabilities.*",
    ],
  },
  { user: "web-1", password: "secret" },
];

test("a callee whose connections are away for longer than 3 s is lost, and joined when it is back: its run went on", async () => {
  const { copier, proxy, serve } = await openCopiers();
  const callee = await serve("first");
  const key = { idempotencyKey: "copy-17" };
  const reading = read(copier.copy({ id: "v1" }, key));
  await callee.said("copies v1");
  callee.tell("3");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1, 2]);
  await proxy.cut();
  expect(await reading.ended).toMatchObject(lost);
  callee.tell("4");
  await proxy.heal();
  await vi.waitFor(() => copier.advance({ id: "v1", steps: 1 }, { timeout: "2s" }), { timeout: 60_000 });
  const copying = copier.copy({ id: "v1" }, key);
  const again = read(copying);
  await expect.poll(() => again.steps.at(-1), { timeout: 60_000 }).toBe(7);
  callee.tell("done");
  expect(await again.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
  expect(callee.lines).toEqual(["ready", "copies v1"]);
});

test("a callee that is stopped, and whose host the broker lets nobody ask for, is slow and not dead", async () => {
  const { copier, serve } = await openCopiers({ users });
  const callee = await serve("first");
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  await callee.said("copies v1");
  callee.signal("SIGSTOP");
  expect(await failure(copier.advance({ id: "v1", steps: 1 }, { timeout: "6s" }))).toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
  callee.signal("SIGCONT");
  callee.tell("done");
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
});

test.each([
  ["may be asked for", undefined],
  ["the broker lets nobody ask for", users],
])("a callee that drains and that %s keeps the calls that it still runs", async (_, rights) => {
  const { copier, serve } = await openCopiers(rights && { users: rights });
  const callee = await serve("first");
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  const waiting = failure(copier.wait({ id: "v2" }, { timeout: "8s" }));
  await callee.said("copies v1");
  await callee.said("waits for v2");
  callee.signal("SIGTERM");
  // Nobody listens where its calls go: from here on it is suspect.
  await vi.waitFor(
    async () =>
      expect(await failure(copier.at("block-01").records({}))).not.toMatchObject({ reason: "DEADLINE_EXCEEDED" }),
    { timeout: 60_000 },
  );
  // That long it goes on as it is.
  expect(await waiting).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  callee.tell("2");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1]);
  callee.tell("done");
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
});

test("of two processes with one host name the one that was killed is lost by its silence, and the other loses nothing", async () => {
  const { copier, serve } = await openCopiers();
  const [one, other] = [await serve("first", "one"), await serve("first", "other")];
  const dying = read(copier.at("block-01@one").copy({ id: "v1" }));
  const living = copier.at("block-01@other").copy({ id: "v2" });
  const reading = read(living);
  await one.said("copies v1");
  await other.said("copies v2");
  await one.kill();
  expect(await dying.ended).toMatchObject({ ...lost, address: "block-01@one" });
  other.tell("2");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1]);
  other.tell("done");
  expect(await reading.ended).toBeUndefined();
  expect(await living.result).toBe("copied by block-01");
});

test("a callee that is killed and started again at once has lost its stream", async () => {
  const { copier, serve } = await openCopiers();
  const first = await serve("first");
  const reading = read(copier.copy({ id: "v1" }));
  await first.said("copies v1");
  await first.kill();
  const second = await serve("second");
  expect(await reading.ended).toMatchObject(lost);
  expect(second.lines).toEqual(["ready"]);
  expect(await copier.records({})).toEqual([]);
});

test.each(["first", "last"])("a broker that is restarted, with the caller back %s, loses no stream", async (order) => {
  const { copier, caller, broker, proxy, callerProxy, serve } = await openCopiers();
  const witness = await caller(broker.port, "web-3");
  const callee = await serve("first");
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  await callee.said("copies v1");
  callee.tell("2");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1]);
  const late = order === "first" ? proxy : callerProxy;
  await late.cut();
  await broker.restart();
  // Whoever is back finds the other away for longer than a process may be that was heard over this link.
  const early = order === "first" ? copier : witness;
  const missing = failure(early.at(order === "first" ? "block-01" : "nowhere").records({}, { timeout: "5s" }));
  if (order === "first") await missing;
  else await vi.waitFor(() => witness.advance({ id: "v1", steps: 1 }, { timeout: "2s" }), { timeout: 60_000 });
  await missing;
  await late.heal();
  await vi.waitFor(() => copier.advance({ id: "v1", steps: 1 }, { timeout: "2s" }), { timeout: 60_000 });
  callee.tell("done");
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
});
