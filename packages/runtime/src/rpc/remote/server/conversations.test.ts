import { describe, expect, test } from "vitest";
import type { Conversation } from "./conversation.ts";
import { type ConversationBounds, Conversations } from "./conversations.ts";
import type { KeptAnswer } from "./kept-answers.ts";

const cancelled: KeptAnswer = { kept: () => 1, dropped: () => 1 };
const answer = (bytes: number): KeptAnswer => ({ kept: () => bytes, dropped: () => bytes });

interface Known {
  prefix: string;
  caller: string;
  calls: Conversation<string, KeptAnswer>;
  heardAt: number;
  copiesUntil: number;
  expectCopies(until: number): void;
}

function open(bounds?: ConversationBounds) {
  return new Conversations<string, KeptAnswer, Known>({
    cancelled,
    bounds,
    open: (prefix, caller, calls) => ({
      prefix,
      caller,
      calls,
      heardAt: 0,
      copiesUntil: 0,
      expectCopies(until: number) {
        this.copiesUntil = Math.max(this.copiesUntil, until + 60_000);
      },
    }),
  });
}

function answered({ calls }: Known, number: number, bytes: number): void {
  calls.call(number, false);
  calls.ended(number, answer(bytes));
}

const small = { inAll: 6, perCaller: 2, forgottenInAll: 6, forgottenPerCaller: 2 };

describe("Conversations", () => {
  test("are of a process and an incarnation, whatever names they share", () => {
    const conversations = open();
    const first = conversations.heard("_INBOX.cli.a.1", "cli", 0);
    expect(conversations.heard("_INBOX.cli.a.1", "cli", 1)).toBe(first);
    expect(conversations.heard("_INBOX.cli.a.2", "cli", 1)).not.toBe(first);
  });

  test("one that is forgotten leaves its highest number: what it consumed does not run when it is heard again", () => {
    const conversations = open(small);
    const first = conversations.heard("p1", "cli", 0)!;
    for (const number of [1, 2, 9]) answered(first, number, 1);
    for (const prefix of ["p2", "p3"]) conversations.heard(prefix, "cli", 1);
    expect(conversations.known("p1")).toBeUndefined();
    const again = conversations.heard("p1", "cli", 2)!;
    expect(again).not.toBe(first);
    for (const number of [1, 5, 9]) expect(again.calls.call(number, false)).toBe("forgotten");
    expect(again.calls.call(10, false)).toBe("run");
  });

  test("are bounded: a caller that makes up reply subjects without end gets no new ones, and pushes out nobody else's", () => {
    const conversations = open(small);
    const honest = conversations.heard("honest", "honest", 0)!;
    for (let i = 0; i < 4; i++) expect(conversations.heard(`p${i}`, "cli", i)).toBeDefined();
    for (let i = 4; i < 1_000; i++) expect(conversations.heard(`p${i}`, "cli", 10)).toBeUndefined();
    expect([conversations.size, conversations.forgotten]).toEqual([3, 2]);
    expect(conversations.known("honest")).toBe(honest);
    // Of those no copies come any more.
    expect(conversations.heard("later", "cli", 70_000)).toBeDefined();
    expect(conversations.size).toBe(3);
  });

  test("are bounded in all: callers with the most give way to those with few", () => {
    const conversations = open({ inAll: 100, perCaller: 50, forgottenInAll: 40, forgottenPerCaller: 20 });
    const honest = conversations.heard("honest", "honest", 0);
    for (let i = 0; i < 3_000; i++) conversations.heard(`p${i}`, `c${i % 30}`, 1);
    expect([conversations.size, conversations.forgotten]).toEqual([100, 40]);
    expect(conversations.known("honest")).toBe(honest);
    expect(conversations.heard("another", "another", 1)).toBeDefined();
  });

  test("stay while their calls run, whoever else comes", () => {
    const conversations = open();
    const busy = conversations.heard("busy", "cli", 0)!;
    busy.calls.call(1, false);
    busy.calls.began(1, "run");
    for (let i = 0; i < 9_000; i++) conversations.heard(`p${i}`, "cli", i);
    expect(conversations.known("busy")).toBe(busy);
  });

  test("of one caller are remembered with 64 MiB of answers together: the longest idle go first, and leave a trace", () => {
    const conversations = open();
    const honest = conversations.heard("honest", "honest", 0)!;
    answered(honest, 1, 8_388_608);
    for (let i = 0; i < 20; i++) answered(conversations.heard(`p${i}`, "cli", i)!, 1, 8_388_608);
    conversations.heard("p20", "cli", 20);
    expect(conversations.known("p11")).toBeUndefined();
    expect(conversations.known("p12")).toBeDefined();
    expect(honest.calls.answerTo(1)).toBeDefined();
    expect(conversations.heard("p0", "cli", 21)!.calls.call(1, false)).toBe("forgotten");
  });

  test("with calls that run keep no more answers than others: those that come have none, and no number is lost", () => {
    const conversations = open();
    const flood = Array.from({ length: 40 }, (_, i) => {
      const one = conversations.heard(`p${i}`, "cli", i)!;
      one.calls.call(99, false);
      one.calls.began(99, "run");
      answered(one, 1, 8_388_608);
      return one;
    });
    for (let i = 0; i < 40; i++) conversations.heard(`p${i}`, "cli", 40);
    const left = flood.filter(({ calls }) => calls.answerTo(1) !== undefined);
    expect(left.length).toBeLessThanOrEqual(9);
    expect(flood.every(({ calls }) => calls.call(1, false) !== "run")).toBe(true);
  });

  test("of all callers are remembered with 256 MiB of answers together: those with more than their share lose theirs, and no number", () => {
    const conversations = open();
    const honest = conversations.heard("honest", "honest", 0)!;
    answered(honest, 1, 100_000);
    const flood = Array.from({ length: 1_000 }, (_, i) => {
      const one = conversations.heard(`p${i}`, `c${i}`, i)!;
      answered(one, 1, 8_388_608);
      return one;
    });
    conversations.heard("honest", "honest", 1_000);
    const left = flood.filter(({ calls }) => calls.answerTo(1) !== undefined);
    expect(left.length).toBeLessThanOrEqual(32);
    expect(left.length).toBeGreaterThanOrEqual(28);
    expect(honest.calls.answerTo(1)).toBeDefined();
    expect(flood.every(({ calls }) => calls.call(1, false) !== "run")).toBe(true);
  });

  test("are forgotten after a quarter of an hour without a word, and not before the last copy may have come", () => {
    const conversations = open();
    conversations.heard("a", "cli", 0);
    conversations.heard("b", "cli", 800_000);
    conversations.heard("c", "cli", 0)!.expectCopies(3_540_000);
    conversations.forgetIdle(1_000_000);
    expect(["a", "b", "c"].map((prefix) => conversations.known(prefix) !== undefined)).toEqual([false, true, true]);
    conversations.forgetIdle(3_600_001);
    expect(conversations.size).toBe(0);
  });
});
