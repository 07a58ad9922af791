import { expect, test } from "vitest";
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
