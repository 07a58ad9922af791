import { expect, test, vi } from "vitest";
import { failure } from "../../base/failure.test-kit.ts";
import { addDisks, disks, member } from "../disks.fixture.ts";
import { gate, Stage } from "../stage.fixture.ts";

test("a call goes to its owner, which is remembered", async () => {
  const stage = new Stage();
  const owners = { v1: "b" };
  const [a, b] = [addDisks(stage, "a", owners), addDisks(stage, "b", owners)];
  const ref = stage.ref(disks);
  for (let i = 0; i < 4; i++) expect(await ref.extend({ id: "v1" })).toBe("b");
  // Asked once at most, where it went by chance.
  expect(a.received.length).toBeLessThanOrEqual(1);
  expect(b.received).toHaveLength(4);
  for (let i = 0; i < 4; i++) expect(await ref.inspect({ id: "v1" })).toBe("b");
});

test("an owner that changes is followed", async () => {
  const stage = new Stage();
  const owners: Record<string, string> = { v1: "a" };
  addDisks(stage, "a", owners);
  addDisks(stage, "b", owners);
  const ref = stage.ref(disks);
  expect(await ref.extend({ id: "v1" })).toBe("a");
  owners.v1 = "b";
  expect(await ref.extend({ id: "v1" })).toBe("b");
  expect(await ref.extend({ id: "v1" })).toBe("b");
});

test("owners that disagree are followed a few times, then said to disagree", async () => {
  const stage = new Stage();
  const [a, b] = [addDisks(stage, "a", { v1: "b" }), addDisks(stage, "b", { v1: "a" })];
  const error = await failure(stage.ref(disks).extend({ id: "v1" }));
  expect(error).toMatchObject({ reason: "MOVED", outcome: "not-executed" });
  expect(a.received.length + b.received.length).toBe(4);
  expect(stage.wheel.size).toBe(0);
});

test("an owner that is not there, no owner, and an owner function that throws are told apart", async () => {
  const stage = new Stage();
  addDisks(stage, "a", { v1: "elsewhere", v2: null });
  const ref = stage.ref(disks);
  const absent = await failure(ref.extend({ id: "v1" }));
  expect(absent).toMatchObject({ reason: "NO_RESPONDERS", outcome: "not-executed", cause: { reason: "MOVED" } });
  expect(absent.message).toContain("disks at elsewhere");
  expect(await failure(ref.extend({ id: "v2" }))).toMatchObject({ reason: "NO_OWNER", outcome: "not-executed" });
  const broken = new Stage();
  broken.add(disks, {
    ...member("a"),
    owner: () => {
      throw new Error("store down");
    },
  });
  expect(await failure(broken.ref(disks).extend({ id: "v1" }))).toMatchObject({
    reason: "UNDECLARED",
    outcome: "not-executed",
  });
});

test("what nobody owns is not spelt out: the input may be secret", async () => {
  const stage = new Stage();
  addDisks(stage, "a");
  const error = await failure(stage.ref(disks).inspect({ id: "hunter2" }));
  expect(error.message).not.toContain("hunter2");
});

test("a call whose deadline passes while its owner is looked up does not run", async () => {
  const stage = new Stage();
  const looked = gate<string>();
  const extend = vi.fn();
  const behaviour = member("a");
  stage.add(disks, {
    operations: { ...behaviour.operations, extend },
    owner: () => looked.passed,
  });
  const waiting = failure(stage.ref(disks).extend({ id: "v1" }, { timeout: "1s" }));
  await stage.clock.advance(1_100);
  expect(await waiting).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  looked.open("a");
  await stage.settle();
  expect(extend).not.toHaveBeenCalled();
  expect(stage.members[0]!.service.mailbox.inFlight).toBe(0);
});

test("a cast to an owner is taken in by the owner only", async () => {
  const stage = new Stage();
  const owners = { v1: "b" };
  addDisks(stage, "a", owners);
  const b = addDisks(stage, "b", owners);
  await stage.ref(disks).touch({ id: "v1" });
  expect(b.received).toHaveLength(1);
  expect(await failure(stage.ref(disks).touch({ id: "v2" }))).toMatchObject({ reason: "NO_OWNER" });
});

test("a cast that waits for its turn is not in good hands before its owner is known", async () => {
  const stage = new Stage();
  const busy = gate<string>();
  const behaviour = member("a", { v1: "a" });
  const a = stage.add(
    disks,
    { ...behaviour, operations: { ...behaviour.operations, who: () => busy.passed } },
    { limits: { maxInFlight: 1 } },
  );
  const holding = stage.ref(disks).who({});
  const mine = stage.ref(disks).touch({ id: "v1" });
  const nobodys = failure(stage.ref(disks).touch({ id: "v2" }));
  expect(a.service.mailbox.queued).toBe(2);
  busy.open("a");
  await Promise.all([holding, mine]);
  expect(await nobodys).toMatchObject({ reason: "NO_OWNER" });
});

test("a remembered owner that no longer serves is asked after again", async () => {
  const stage = new Stage();
  const owners: Record<string, string> = { v1: "a" };
  // The first one asked: it names the owner, which is remembered.
  addDisks(stage, "b", owners);
  const a = addDisks(stage, "a", owners);
  const ref = stage.ref(disks);
  expect(await ref.extend({ id: "v1" })).toBe("a");
  const sent = a.received.length;
  a.setMode("closed", "draining");
  expect(await failure(ref.extend({ id: "v1" }))).toMatchObject({ reason: "NOT_SERVING" });
  // Refused once, and not asked again when the other one names it.
  expect(a.received).toHaveLength(sent + 1);
  owners.v1 = "b";
  expect(await ref.extend({ id: "v1" })).toBe("b");
  expect(await ref.extend({ id: "v1" })).toBe("b");
  expect(a.received.length).toBeLessThanOrEqual(sent + 2);
});

test.each([
  [undefined, "undefined"],
  ["", '""'],
  ["two words", '"two words"'],
  [7, "7"],
  [{ host: "a" }, '{"host":"a"}'],
])(
  "an owner function that gives %j is its manager's fault, by name, and sends the call nowhere",
  async (owner, shown) => {
    const stage = new Stage();
    const [a, b] = ["a", "b"].map((address) =>
      stage.add(disks, { ...member(address), owner: () => owner as never }, { address }),
    );
    const error = await failure(stage.ref(disks).inspect({ id: "v1" }));
    expect(error).toMatchObject({
      code: "INTERNAL",
      reason: "OWNER_FAILED",
      outcome: "not-executed",
      retryable: false,
      data: { manager: expect.stringMatching(/^disks\/[ab]$/), operation: "inspect" },
    });
    expect(error.message).toContain(`inspect: the manager's owner function gave ${shown}, which is no address`);
    expect(a!.received.length + b!.received.length).toBe(1);
    expect(stage.log.lines.some(({ level }) => level === "error")).toBe(true);
  },
);

test("what a cluster owns is each member's own, and who asks outside of it is sent to any of them", async () => {
  const stage = new Stage();
  const owners = { v1: "rack@ssd" };
  const outside = addDisks(stage, "c@ssd", owners);
  const members = ["a@ssd", "b@ssd"].map((address) => addDisks(stage, address, owners, { cluster: "rack@ssd" }));
  const ref = stage.ref(disks);
  const answers = await Promise.all([1, 2, 3, 4].map(() => ref.extend({ id: "v1" })));
  expect(new Set(answers)).toEqual(new Set(["a@ssd", "b@ssd"]));
  // Told by the one outside at most once each time it was asked by chance; remembered since.
  const asked = outside.received.length;
  for (let i = 0; i < 4; i++) await ref.extend({ id: "v1" });
  expect(outside.received).toHaveLength(asked);
  expect(await failure(ref.at("c@ssd").extend({ id: "v1" }))).toMatchObject({
    reason: "MOVED",
    data: { owner: "rack@ssd" },
  });
  for (const { behaviour } of members) expect(behaviour.asked).toBeGreaterThan(0);
});

test("what waits at a member of the owning cluster that leaves goes to another one, and to nobody outside", async () => {
  const stage = new Stage();
  const owners = { v1: "rack" };
  const outside = ["c", "d", "e"].map((address) => addDisks(stage, address, owners));
  const limits = { maxInFlight: 1 };
  const [a, b] = ["a", "b"].map((address) => addDisks(stage, address, owners, { cluster: "rack", limits }));
  const ref = stage.ref(disks);
  await ref.extend({ id: "v1" });
  b!.setMode("paused", "resetting");
  const held = gate<string>();
  a!.service.provide({ ...a!.behaviour, operations: { ...a!.behaviour.operations, who: () => held.passed } });
  const busy = ref.at("a").who({});
  const waiting = ref.extend({ id: "v1" });
  const asked = outside.map(({ received }) => received.length);
  b!.setMode("open", "serving");
  a!.setMode("closed", "draining");
  expect(await waiting).toBe("b");
  expect(outside.map(({ received }) => received.length)).toEqual(asked);
  held.open("a");
  await busy;
});

test("a resource that nobody owns is not that of a member without a cluster", async () => {
  const stage = new Stage();
  stage.add(disks, { ...member("a"), owner: () => undefined as never }, { address: "a" });
  expect(await failure(stage.ref(disks).extend({ id: "v1" }))).toMatchObject({ reason: "OWNER_FAILED" });
});
