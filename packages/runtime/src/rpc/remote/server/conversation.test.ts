import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Conversation } from "./conversation.ts";

const answer = (text: string) => ({ kept: () => 1, dropped: () => 1, text });
const cancelled = answer("cancelled");
const open = (options: Partial<ConstructorParameters<typeof Conversation<string, typeof cancelled>>[0]> = {}) =>
  new Conversation<string, typeof cancelled>({ cancelled, ...options });

describe("Conversation", () => {
  test("a call that was never seen runs; the same again is told that it runs, and then its answer", () => {
    const conversation = open();
    expect(conversation.call(1, false)).toBe("run");
    conversation.began(1, "first");
    expect(conversation.call(1, false)).toBe("runs");
    conversation.ended(1, answer("done"));
    expect(conversation.call(1, false)).toBe("answered");
    expect(conversation.answerTo(1)).toMatchObject({ text: "done" });
  });

  test("a refusal consumes the number: it never runs later", () => {
    const conversation = open();
    expect(conversation.call(1, false)).toBe("run");
    conversation.ended(1, answer("mailbox full"));
    expect(conversation.call(1, false)).toBe("answered");
  });

  test("a cancel of what never came consumes the number: the call that comes later is told so, and does not run", () => {
    const conversation = open();
    expect(conversation.cancel(3)).toBe("consumed");
    for (const repeatable of [false, true]) expect(conversation.call(3, repeatable)).toBe("answered");
    expect(conversation.answerTo(3)).toBe(cancelled);
  });

  test("a cancel ends what runs, and says nothing to what has ended", () => {
    const conversation = open();
    conversation.call(1, false);
    conversation.began(1, "first");
    expect(conversation.cancel(1)).toBe("cancels");
    conversation.ended(1);
    expect(conversation.cancel(1)).toBe("late");
    expect(conversation.call(1, false)).toBe("forgotten");
  });

  test("an answer that is dropped takes no number with it: acknowledged, evicted, or all at once", () => {
    const conversation = open({ bounds: { answers: 2, bytes: 100 } });
    for (const number of [1, 2, 3, 4]) {
      conversation.call(number, false);
      conversation.ended(number, answer(`${number}`));
    }
    conversation.heard(1, [3, 3], 0);
    for (const number of [1, 2, 3]) expect(conversation.call(number, false)).toBe("forgotten");
    expect(conversation.call(4, false)).toBe("answered");
    conversation.forgetAnswers();
    expect(conversation.call(4, false)).toBe("forgotten");
    expect(conversation.call(5, false)).toBe("run");
  });

  test("what may run twice does, but not beside itself", () => {
    const conversation = open();
    expect(conversation.call(1, true)).toBe("run");
    conversation.began(1, "first");
    expect(conversation.call(1, true)).toBe("runs");
    conversation.ended(1);
    expect(conversation.call(1, true)).toBe("run");
  });

  test.each<[string, number, readonly number[]]>([
    ["is below the floor", 3, []],
    ["was acknowledged beside one that is open", 1, [2, 2]],
  ])("what may run twice does not once its caller has ended it: it %s", (_, floor, acknowledged) => {
    const conversation = open();
    conversation.heard(1, [], 10);
    for (const number of [1, 2]) {
      expect(conversation.call(number, true)).toBe("run");
      conversation.began(number, "first");
    }
    conversation.ended(2);
    conversation.heard(floor, acknowledged, 30);
    expect(conversation.call(3, true)).toBe("run");
    // The copy was longer on its way, and so was what its message says of the others.
    conversation.heard(1, [], 20);
    expect(conversation.call(2, true)).toBe("forgotten");
    conversation.ended(1);
  });

  test("below the floor nothing runs, and a late copy of it is forgotten", () => {
    const conversation = open();
    conversation.heard(5, [], 0);
    expect(conversation.call(4, false)).toBe("forgotten");
    expect(conversation.call(5, false)).toBe("run");
    expect(conversation.intervals).toBe(1);
  });

  test("of one that was forgotten only its highest number is known: at or below it nothing runs", () => {
    const earlier = open();
    for (const number of [1, 2, 9]) earlier.call(number, false);
    const again = open({ highest: earlier.highest });
    for (const number of [1, 5, 9]) expect(again.call(number, false)).toBe("forgotten");
    expect(again.call(10, false)).toBe("run");
  });

  test("no number runs twice, nor after it was cancelled or refused, whatever comes in whatever order", () => {
    const number = fc.integer({ min: 1, max: 12 });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ what: fc.constant("call" as const), number }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant("cancel" as const), number }) },
      { weight: 3, arbitrary: fc.record({ what: fc.constant("answer" as const), number }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant("heard" as const), number }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant("forget answers" as const), number }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant("forget" as const), number }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 4 }), (steps, small) => {
        const bounds = { answers: small, bytes: 100 };
        const make = (highest = 0) => open({ bounds, maxIntervals: small + 1, highest });
        let conversation = make();
        const ran = new Set<number>();
        const ended = new Set<number>();
        for (const { what, number } of steps) {
          if (what === "call") {
            const decision = conversation.call(number, false);
            if (decision === "run") {
              expect(ran.has(number) || ended.has(number)).toBe(false);
              ran.add(number);
              conversation.began(number, "run");
            } else if (decision === "runs") expect(ran.has(number) && !ended.has(number)).toBe(true);
            else if (decision === "answered") expect(conversation.answerTo(number)).toBeDefined();
          } else if (what === "cancel") {
            const decision = conversation.cancel(number);
            if (decision === "consumed") expect(ran.has(number)).toBe(false);
            if (decision !== "late") ended.add(number);
            if (decision === "cancels") conversation.ended(number);
          } else if (what === "answer" && conversation.running.has(number)) {
            conversation.ended(number, answer("done"));
            ended.add(number);
          } else if (what === "heard") conversation.heard(number, [number + 2, number + 3], 0);
          else if (what === "forget answers") conversation.forgetAnswers();
          else if (what === "forget" && conversation.running.size === 0) conversation = make(conversation.highest);
          expect(conversation.kept).toBeLessThanOrEqual(small);
          expect(conversation.intervals).toBeLessThanOrEqual(small + 1);
        }
      }),
    );
  });
});
