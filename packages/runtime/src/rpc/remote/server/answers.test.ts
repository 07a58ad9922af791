import { describe, expect, test } from "vitest";
import { EnvelopeWriter } from "../../wire/envelope.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { Answers } from "./answers.ts";

test("the answer to a call is found among other answers, and behind its own progress", () => {
  const msgpack = new Msgpack();
  const answers = new Answers(new EnvelopeWriter(msgpack, 16, 1_048_576));
  const frames = [
    [18, 7, 0, "step"],
    [16, 8, "other"],
    [16, 7, "done"],
    [18, 9, 0, "later"],
  ] as const;
  for (const frame of frames) {
    answers.writer.add(frame);
    answers.took(frame[1]);
  }
  expect(msgpack.unpack(answers.answerTo(7), 0)).toEqual([16, 7, "done"]);
  expect(msgpack.unpack(answers.answerTo(8), 0)).toEqual([16, 8, "other"]);
});

describe("what answers take while they are remembered", () => {
  function message() {
    const answers = new Answers(new EnvelopeWriter(new Msgpack(), 16, 1_048_576));
    const add = (number: number, text: string) => {
      answers.writer.add([16, number, text]);
      answers.took(number);
    };
    return { answers, add };
  }

  test("is what it takes beside its frame, too", () => {
    const { answers, add } = message();
    add(1, "x");
    expect(answers.kept(1)).toBeGreaterThan(500);
  });

  test("is free with the last of its message: until then all of that is held", () => {
    const { answers, add } = message();
    let bytes = 0;
    for (let number = 1; number <= 32; number++) {
      add(number, number === 1 ? "small" : "x".repeat(1_900));
      bytes += answers.kept(number);
    }
    for (let number = 2; number <= 32; number++) expect(answers.dropped()).toBe(0);
    expect(answers.dropped()).toBe(bytes);
  });

  test("is not what is remembered of nothing else in its message", () => {
    const { answers, add } = message();
    add(1, "small");
    const bytes = answers.kept(1);
    for (let number = 2; number <= 32; number++) add(number, "x".repeat(1_900));
    answers.writer.finish(Buffer.alloc(0));
    answers.sent();
    expect(answers.answerTo(1).buffer.byteLength).toBeLessThan(32);
    expect(new Msgpack().unpack(answers.answerTo(1), 0)).toEqual([16, 1, "small"]);
    expect(answers.dropped()).toBe(bytes);
  });
});
