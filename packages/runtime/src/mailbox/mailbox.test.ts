import type { ReeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { Mailbox, type MailboxLimits, type MailboxMode } from "./mailbox.ts";
import { TestCall } from "./queued-call.fixture.ts";

function open(limits: Partial<MailboxLimits> = {}, mode: MailboxMode = "open") {
  const clock = new ManualClock();
  const ran: string[] = [];
  const refused: { name: string; error: ReeveError }[] = [];
  const mailbox = new Mailbox<TestCall>(
    { maxInFlight: 2, maxQueued: 3, ...limits },
    {
      clock,
      run: ({ name }) => ran.push(name),
      refuse: ({ name }, error) => refused.push({ name, error }),
      state: () => "draining",
    },
  );
  mailbox.setMode(mode);
  const admit = (name: string, options: ConstructorParameters<typeof TestCall>[1] = {}) => {
    const entry = new TestCall(name, options);
    mailbox.admit(entry);
    return entry;
  };
  return { clock, mailbox, admit, ran, refused };
}

test("what exceeds both bounds is refused at once and told when to try again", async () => {
  const { clock, mailbox, admit, refused } = open({ maxInFlight: 1, maxQueued: 2 });
  const first = admit("first");
  admit("second");
  admit("third");
  await clock.advance(400);
  mailbox.leave(first);
  admit("fourth");
  admit("fifth");
  expect(refused.map(({ name }) => name)).toEqual(["fifth"]);
  expect(refused[0]?.error).toMatchObject({ reason: "MAILBOX_FULL", retryable: true, outcome: "not-executed" });
  // One ended in 400 ms, and two wait.
  expect(refused[0]?.error.data).toEqual({ queued: 2, retryAfterMs: 800 });
});

test("a refusal before anything has ended advises a bounded wait", () => {
  const { admit, refused } = open({ maxInFlight: 1, maxQueued: 0 });
  admit("first");
  admit("second");
  expect(refused[0]?.error.data).toEqual({ queued: 0, retryAfterMs: 10 });
});

test("a busy lane holds up nobody else", () => {
  const { admit, ran } = open();
  admit("x1", { lane: "x" });
  admit("x2", { lane: "x" });
  admit("y1", { lane: "y" });
  expect(ran).toEqual(["x1", "y1"]);
});

test("the next of a lane takes its turn by arrival among those that wait for a slot", () => {
  const { mailbox, admit, ran } = open({ maxInFlight: 2, maxQueued: 9 });
  const x1 = admit("x1", { lane: "x" });
  const a = admit("a");
  admit("x2", { lane: "x" });
  admit("b");
  admit("c");
  mailbox.leave(x1);
  mailbox.leave(a);
  expect(ran).toEqual(["x1", "a", "x2", "b"]);
});

test("a paused mailbox keeps what may wait, refuses what may not, and lets the rest go on when it opens", () => {
  const { mailbox, admit, ran, refused } = open({}, "paused");
  admit("patient");
  admit("impatient", { waits: false });
  expect(ran).toEqual([]);
  expect(refused.map(({ name, error }) => [name, error.reason, error.data])).toEqual([
    ["impatient", "NOT_SERVING", { state: "draining" }],
  ]);
  mailbox.setMode("open");
  expect(ran).toEqual(["patient"]);
});

test("closing refuses what waits, but not what a running entry needs", () => {
  const { mailbox, admit, ran, refused } = open({ maxInFlight: 2, maxQueued: 9 });
  const outer = admit("outer");
  const holder = admit("holder", { lane: "x" });
  admit("waits");
  admit("behind", { lane: "x" });
  admit("nested", { lane: "x", parent: outer });
  mailbox.setMode("closed");
  expect(refused.map(({ name }) => name).sort()).toEqual(["behind", "waits"]);
  admit("late nested", { parent: outer });
  expect(ran).toEqual(["outer", "holder", "late nested"]);
  mailbox.leave(holder);
  expect(ran).toEqual(["outer", "holder", "late nested", "nested"]);
});

test("an entry whose chain runs here takes no slot", () => {
  const { admit, ran } = open({ maxInFlight: 1, maxQueued: 0 });
  const outer = admit("outer");
  const elsewhere = new TestCall("elsewhere", { parent: outer, manager: "network/a" });
  elsewhere.running = true;
  admit("back again", { parent: elsewhere });
  expect(ran).toEqual(["outer", "back again"]);
});

test("an entry that would wait for its own chain's lane is refused at once", () => {
  const { admit, refused } = open();
  const outer = admit("outer", { lane: "x" });
  const elsewhere = new TestCall("elsewhere", { parent: outer, manager: "network/a", lane: "x" });
  elsewhere.running = true;
  admit("again", { parent: elsewhere, lane: "x" });
  expect(refused.map(({ name, error }) => [name, error.reason, error.outcome])).toEqual([
    ["again", "REENTRANT", "not-executed"],
  ]);
});

test("a lane that its chain held, but holds no more, is waited for like any other", () => {
  const { mailbox, admit, ran, refused } = open();
  const outer = admit("outer", { lane: "x" });
  mailbox.leave(outer);
  admit("holder", { lane: "x" });
  admit("afterwards", { parent: outer, lane: "x" });
  expect(refused).toEqual([]);
  expect(ran).toEqual(["outer", "holder"]);
});

test("a nested entry goes before one that holds its lane but waits for the slot that the chain has", () => {
  const { mailbox, admit, ran } = open({ maxInFlight: 1, maxQueued: 9 });
  const outer = admit("outer");
  admit("waits for a slot", { lane: "x" });
  admit("behind it", { lane: "x" });
  const nested = admit("nested", { lane: "x", parent: outer });
  expect(ran).toEqual(["outer", "nested"]);
  mailbox.leave(nested);
  mailbox.leave(outer);
  expect(ran).toEqual(["outer", "nested", "waits for a slot"]);
});

test("a nested entry goes before what waits for the same lane, which may need the slot that the chain has", () => {
  const { mailbox, admit, ran } = open({ maxInFlight: 2, maxQueued: 9 });
  const outer = admit("outer");
  const holder = admit("holder", { lane: "x" });
  admit("behind", { lane: "x" });
  admit("nested", { lane: "x", parent: outer });
  mailbox.leave(holder);
  expect(ran).toEqual(["outer", "holder", "nested"]);
});

test("only what runs holds a lane, however the chain came by", () => {
  const { mailbox, admit, ran, refused } = open();
  const ended = admit("ended", { lane: "x" });
  mailbox.leave(ended);
  const running = admit("running", { parent: ended });
  admit("nested", { lane: "x", parent: running });
  expect(refused).toEqual([]);
  expect(ran).toEqual(["ended", "running", "nested"]);
});

test("what is admitted while those that waited are started queues up behind them", () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  const mailbox: Mailbox<TestCall> = new Mailbox<TestCall>(
    { maxInFlight: 3, maxQueued: 9 },
    {
      clock,
      run: ({ name }) => {
        ran.push(name);
        if (name === "first") mailbox.admit(new TestCall("latecomer"));
      },
      refuse: () => expect.fail("there is room"),
      state: () => "serving",
    },
  );
  mailbox.admit(new TestCall("first"));
  mailbox.admit(new TestCall("second"));
  mailbox.setMode("open");
  expect(ran).toEqual(["first", "second", "latecomer"]);
});

test("a holder that is withdrawn before it runs leaves its lane to the next", () => {
  const { mailbox, admit, ran } = open({ maxInFlight: 1, maxQueued: 9 });
  const outer = admit("outer");
  const holder = admit("holder", { lane: "x" });
  admit("next", { lane: "x" });
  expect(mailbox.withdraw(holder)).toBe(true);
  mailbox.leave(outer);
  expect(ran).toEqual(["outer", "next"]);
});

test("what will be refused whatever its lane is known before it is prepared", () => {
  const { mailbox, admit } = open({ maxInFlight: 1, maxQueued: 0 });
  const outer = new TestCall("outer");
  expect(mailbox.refusalOf(outer)).toBeUndefined();
  mailbox.admit(outer);
  expect(mailbox.refusalOf(new TestCall("more"))?.reason).toBe("MAILBOX_FULL");
  expect(mailbox.refusalOf(new TestCall("nested", { parent: outer }))).toBeUndefined();
  mailbox.setMode("closed");
  expect(mailbox.refusalOf(new TestCall("late"))?.reason).toBe("NOT_SERVING");
  expect(mailbox.refusalOf(new TestCall("nested", { parent: outer }))).toBeUndefined();
  admit("nested", { parent: outer });
  expect(mailbox.inFlight).toBe(2);
});

test("idle resolves when the last one has ended, and at once when nothing runs", async () => {
  const { mailbox, admit } = open();
  await mailbox.idle();
  const entry = admit("only");
  let idle = false;
  const waited = mailbox.idle().then(() => {
    idle = true;
  });
  await Promise.resolve();
  expect(idle).toBe(false);
  mailbox.leave(entry);
  await waited;
});

test("a thousand that end as soon as they start do not fill the stack", () => {
  const clock = new ManualClock();
  let ran = 0;
  const mailbox: Mailbox<TestCall> = new Mailbox<TestCall>(
    { maxInFlight: 1, maxQueued: 100_000 },
    {
      clock,
      run: (entry) => {
        ran++;
        mailbox.leave(entry);
      },
      refuse: () => expect.fail("there is room"),
      state: () => "serving",
    },
  );
  for (let i = 0; i < 50_000; i++) mailbox.admit(new TestCall(`${i}`, { lane: `${i % 3}` }));
  mailbox.setMode("open");
  expect(ran).toBe(50_000);
});
