import { describe, expect, test, vi } from "vitest";
import { IdTable } from "../../../base/id-table.ts";
import { EnvelopeWriter, encodeHead } from "../../wire/envelope.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { AnswerMemory } from "./answer-memory.ts";
import { Answers } from "./answers.ts";

const msgpack = new Msgpack();
const head = encodeHead(msgpack, ["a", 1]);

/** A message of one answer. */
function answerOf(id: number, value: unknown): Answers {
  const answers = new Answers(new EnvelopeWriter(msgpack, head, 2_097_152));
  answers.writer.add([16, id, value]);
  answers.took(id);
  return answers;
}

const answer = answerOf(1, "answer");

describe("AnswerMemory", () => {
  test("knows the last 8,192 answers at least, and not all there ever were", () => {
    const memory = new AnswerMemory();
    for (let id = 1; id <= 100_000; id++) {
      memory.began(id);
      memory.answered(id, answer);
    }
    for (let id = 100_000 - 8_191; id <= 100_000; id++) expect(memory.get(id)).toBe(answer);
    expect(memory.get(1)).toBeUndefined();
    expect(memory.get(100_000 - 2 * 8_192)).toBeUndefined();
  });

  test("forgets nothing that runs, however much comes after it", () => {
    const memory = new AnswerMemory();
    memory.began(7);
    for (let id = 100; id < 100_000; id++) {
      memory.began(id);
      memory.answered(id, answer);
    }
    expect(memory.get(7)).toBe("running");
    memory.answered(7, answer);
    expect(memory.get(7)).toBe(answer);
  });

  test("does not look at all that runs for each that comes, where more runs than it has room for", () => {
    const memory = new AnswerMemory();
    const looked = vi.spyOn(IdTable.prototype, "forEach");
    for (let id = 1; id <= 100_000; id++) memory.began(id);
    expect(looked.mock.calls.length).toBeLessThan(20);
    looked.mockRestore();
    for (let id = 1; id <= 100_000; id += 999) expect(memory.get(id)).toBe("running");
  });

  test("forgets what its caller gave up, as if it had been answered: its handler may run for ever", () => {
    const memory = new AnswerMemory();
    for (let id = 1; id < 100_000; id++) {
      memory.began(id);
      memory.gaveUp(id);
    }
    expect(memory.get(99_999)).toBe("given up");
    expect(memory.get(99_999 - 8_191)).toBe("given up");
    expect(memory.get(99_999 - 2 * 8_192)).toBeUndefined();
  });

  test("keeps no more than twice 8 MiB of answers", () => {
    const memory = new AnswerMemory();
    const large = answerOf(1, Buffer.alloc(1_048_576));
    for (let id = 1; id <= 100; id++) {
      memory.began(id);
      memory.answered(id, large);
    }
    const kept = Array.from({ length: 100 }, (_, id) => memory.get(id + 1)).filter((kept) => kept === large);
    expect(kept.length).toBeGreaterThanOrEqual(8);
    expect(kept.length).toBeLessThanOrEqual(18);
  });

  test("lets what did not run come again", () => {
    const memory = new AnswerMemory();
    memory.began(1);
    memory.forget(1);
    expect(memory.get(1)).toBeUndefined();
  });
});
