import { call, contract } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../../base/failure.test-kit.ts";
import type { Behaviour } from "../callee/behaviour.ts";
import { addDisks, disks, member, older } from "../disks.fixture.ts";
import { gate, Stage } from "../stage.fixture.ts";

test("nobody there is said at once, and that nothing was sent", async () => {
  const stage = new Stage();
  const error = await failure(stage.ref(disks).who({}));
  expect(error).toMatchObject({ reason: "NO_RESPONDERS", outcome: "never-sent", retryable: true });
  expect(error.message).toContain("disks (version 1.2)");
  expect(stage.wheel.size).toBe(0);
  expect(await failure(stage.ref(disks).at("b@ssd").who({}))).toMatchObject({ reason: "NO_RESPONDERS" });
});

test("members that serve take turns; one that does not is passed over while another does", async () => {
  const stage = new Stage();
  for (const address of ["a", "b", "c"]) addDisks(stage, address);
  stage.members[1]!.setMode("paused", "resetting");
  const answers = await Promise.all([1, 2, 3, 4].map(() => stage.ref(disks).who({})));
  expect(answers.sort()).toEqual(["a", "a", "c", "c"]);
});

test("a member without room is passed over, unless nobody has any or the caller named it", async () => {
  const stage = new Stage();
  const until = gate<string>();
  const limits = { maxInFlight: 1, maxQueued: 0 };
  const holding: Behaviour = { ...member("a"), operations: { ...member("a").operations, who: () => until.passed } };
  stage.add(disks, holding, { address: "a", limits });
  const held = stage.ref(disks).at("a").who({});
  const { received } = addDisks(stage, "b", {}, { limits });
  expect(await Promise.all([stage.ref(disks).who({}), failure(stage.ref(disks).at("a").who({}))])).toMatchObject([
    "b",
    { reason: "MAILBOX_FULL" },
  ]);
  expect(await stage.ref(disks).who({})).toBe("b");
  stage.members[1]!.setMode("paused", "resetting");
  const before = received.length;
  expect(await failure(stage.ref(disks).who({}))).toMatchObject({ reason: "MAILBOX_FULL" });
  expect(received).toHaveLength(before);
  until.open("a");
  await held;
});

test("contracts that are called in turn do not take each other's turns", async () => {
  const stage = new Stage();
  const other = contract("other", "1.0", { who: call({ input: z.object({}), output: z.string() }) });
  for (const address of ["a", "b"]) {
    addDisks(stage, address);
    stage.add(other, member(address), { address });
  }
  const answers: string[] = [];
  for (let i = 0; i < 4; i++) {
    answers.push(await stage.ref(disks).who({}));
    await stage.ref(other).who({});
  }
  expect(answers).toEqual(["a", "b", "a", "b"]);
});

test("a ref sees members come and go", async () => {
  const stage = new Stage();
  const ref = stage.ref(disks);
  expect(await failure(ref.who({}))).toMatchObject({ reason: "NO_RESPONDERS" });
  addDisks(stage, "a");
  expect(await ref.who({})).toBe("a");
});

test("at() reaches that address, or any member of that cluster, and nobody else", async () => {
  const stage = new Stage();
  addDisks(stage, "a", {}, { cluster: "rack" });
  addDisks(stage, "b@ssd", {}, { cluster: "rack" });
  addDisks(stage, "c");
  const ref = stage.ref(disks);
  expect(await ref.at("b@ssd").build({})).toBe("b@ssd");
  const some = await Promise.all([1, 2, 3, 4].map(() => ref.at("rack").build({})));
  expect(new Set(some)).toEqual(new Set(["a", "b@ssd"]));
});

test.each(["", "a.b", "a b", "a@", "@b", "a@b@c", "*", ">", "ä", 7, undefined])("at(%o) is refused", (address) => {
  const stage = new Stage();
  expect(() => stage.ref(disks).at(address as never)).toThrow(
    /at: expected "host", "host@backend" or a cluster's name, got/,
  );
});

test("an operation for an address is not sent without one", async () => {
  const stage = new Stage();
  const { received } = addDisks(stage, "a");
  const ref = stage.ref(disks) as unknown as { build(input: object): Promise<string> };
  expect(await failure(ref.build({}))).toMatchObject({ reason: "INVALID_OPTION", outcome: "never-sent" });
  expect(received).toEqual([]);
});

test("whoever names an address is not sent on", async () => {
  const stage = new Stage();
  const owners = { v1: "b" };
  addDisks(stage, "a", owners);
  addDisks(stage, "b", owners);
  expect(await failure(stage.ref(disks).at("a").extend({ id: "v1" }))).toMatchObject({
    reason: "MOVED",
    data: { owner: "b" },
  });
  const answers = await stage.ref(disks).all().extend({ id: "v1" });
  expect(answers.map(({ address, status }) => [address, status])).toEqual([
    ["a", "rejected"],
    ["b", "fulfilled"],
  ]);
});

test("all() asks every member and settles each by address, whatever the others do", async () => {
  const stage = new Stage();
  addDisks(stage, "a");
  addDisks(stage, "b").setMode("closed", "draining");
  stage.add(disks, { ...member("c"), operations: { who: async () => Promise.reject(new Error("no")) } } as Behaviour, {
    address: "c",
  });
  const answers = await stage.ref(disks).all().who({});
  expect(answers).toEqual([
    { address: "a", status: "fulfilled", value: "a" },
    { address: "b", status: "rejected", reason: expect.objectContaining({ reason: "NOT_SERVING" }) },
    { address: "c", status: "rejected", reason: expect.objectContaining({ reason: "UNDECLARED" }) },
  ]);
  expect(await new Stage().ref(disks).all().who({})).toEqual([]);
});

test("a call that a leaving member refuses goes to one that serves", async () => {
  const stage = new Stage();
  const a = addDisks(stage, "a", {}, { limits: { maxInFlight: 1 } });
  const held = gate<string>();
  a.service.provide({ operations: { ...a.behaviour.operations, who: () => held.passed } });
  const running = stage.ref(disks).who({});
  const waiting = stage.ref(disks).who({});
  addDisks(stage, "b");
  a.setMode("closed", "draining");
  expect(await waiting).toBe("b");
  held.open("a");
  expect(await running).toBe("a");
});

test("when no member serves, each is asked once and the refusal is told", async () => {
  const stage = new Stage();
  const members = ["a", "b", "c"].map((address) => addDisks(stage, address));
  for (const one of members) one.setMode("closed", "stopped");
  const error = await failure(stage.ref(disks).who({}));
  expect(error).toMatchObject({ reason: "NOT_SERVING", data: { state: "stopped" } });
  expect(members.map(({ received }) => received.length)).toEqual([1, 1, 1]);
});

test("a call is sent on a bounded number of times", async () => {
  const stage = new Stage();
  const members = Array.from({ length: 9 }, (_, index) => addDisks(stage, `m${index}`));
  for (const one of members) one.setMode("closed", "stopped");
  await failure(stage.ref(disks).who({}));
  expect(members.flatMap(({ received }) => received)).toHaveLength(4);
});

test("a call that moves on keeps its deadline", async () => {
  const stage = new Stage();
  const a = addDisks(stage, "a", {}, { limits: { maxInFlight: 1 } });
  a.service.provide({ operations: { who: () => new Promise<string>(() => {}) } });
  const running = failure(stage.ref(disks).who({}, { timeout: "1s" }));
  const waiting = failure(stage.ref(disks).who({}, { timeout: "1s" }));
  await stage.clock.advance(600);
  addDisks(stage, "b").setMode("paused", "booting");
  a.setMode("closed", "draining");
  await stage.clock.advance(450);
  expect(await waiting).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "not-executed" });
  await running;
});

test("an operation that a live member is too old for is refused before it is sent, and supports() says so", async () => {
  const stage = new Stage();
  const ref = stage.ref(disks);
  const newer = addDisks(stage, "a");
  expect(ref.supports("copy")).toBe(true);
  expect(await ref.copy({})).toBe("a");
  const old = stage.add(older, member("b"), { address: "b" });
  expect(ref.supports("copy")).toBe(false);
  expect(ref.supports("who")).toBe(true);
  expect(ref.supports("nothing" as never)).toBe(false);
  const sent = newer.received.length;
  for (let i = 0; i < 2; i++) {
    expect(await failure(ref.copy({}))).toMatchObject({
      reason: "UNSUPPORTED_VERSION",
      code: "UNIMPLEMENTED",
      outcome: "never-sent",
      address: "b",
    });
  }
  expect([newer.received.length, old.received.length]).toEqual([sent, 0]);
  // Whoever names a member depends on that one alone.
  expect(await ref.at("a").copy({})).toBe("a");
  expect(await failure(ref.at("b").copy({}))).toMatchObject({ reason: "UNSUPPORTED_VERSION" });
});

test("no operation's name can hide what a ref is made of", async () => {
  const odd = contract("odd", "1.0", {
    client: call({ input: z.object({}), output: z.string() }),
    origin: call({ input: z.object({}), output: z.string() }),
    targets: call({ input: z.object({}), output: z.string() }),
    address: call({ input: z.object({}), output: z.string() }),
  });
  const stage = new Stage();
  const named = async () => "yes";
  stage.add(odd, { operations: { client: named, origin: named, targets: named, address: named } });
  const ref = stage.ref(odd);
  expect([await ref.client({}), await ref.origin({}), await ref.targets({}), await ref.address({})]).toEqual(
    Array(4).fill("yes"),
  );
});

test("a lane that one member gave a call does not go with it to another", async () => {
  const input = z.object({ id: z.string() });
  const laned = contract("laned", "1.0", { write: call({ input, output: z.string(), lane: ({ id }) => id }) });
  const free = contract("laned", "1.1", { write: call({ input, output: z.string() }) });
  const stage = new Stage();
  const first = stage.add(laned, { operations: { write: async () => "a" } }, { mode: "paused" });
  const calls = [1, 2].map(() => stage.ref(laned).write({ id: "v1" }));
  const held = gate<string>();
  const second = stage.add(free, { operations: { write: () => held.passed } }, { address: "b" });
  first.setMode("closed", "draining");
  expect(second.service.mailbox.inFlight).toBe(2);
  held.open("b");
  expect(await Promise.all(calls)).toEqual(["b", "b"]);
});
