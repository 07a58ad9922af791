import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { LastAnswer } from "./last-answer.ts";

function reading() {
  const clock = new ManualClock();
  const last = new LastAnswer<number>(clock);
  const asked: PromiseWithResolvers<number>[] = [];
  const look = () =>
    last.look(() => {
      const answer = Promise.withResolvers<number>();
      asked.push(answer);
      return answer.promise;
    });
  return { clock, last, asked, look };
}

test("an answer that is there at once is shown, and so is what is thrown", () => {
  const { last } = reading();
  expect(last.look(() => 1)).toEqual({ value: 1 });
  expect(
    last.look(() => {
      throw new Error("closed");
    }),
  ).toEqual({ error: new Error("closed") });
  expect(last.look(() => 2)).toEqual({ value: 2 });
});

test("one that comes later is shown from then on, and each look after that asks anew, never twice at a time", async () => {
  const { clock, asked, look } = reading();
  expect([look(), look(), asked.length]).toEqual(["waiting", "waiting", 1]);
  asked[0]!.resolve(1);
  await clock.advance(0);
  expect([look(), look(), asked.length]).toEqual([{ value: 1 }, { value: 1 }, 2]);
  asked[1]!.reject(new Error("closed"));
  await clock.advance(0);
  expect([look(), asked.length]).toEqual([{ error: new Error("closed") }, 3]);
});

test("one that hangs says so after two seconds, is not joined by another, and is forgiven when it answers", async () => {
  const { clock, asked, look } = reading();
  look();
  await clock.advance(1_999);
  expect(look()).toBe("waiting");
  await clock.advance(1);
  expect([look(), asked.length]).toEqual([{ error: new Error("no answer for 2 s") }, 1]);
  asked[0]!.resolve(1);
  await clock.advance(0);
  expect(look()).toEqual({ value: 1 });
});

test("what took long is not begun again for twenty times as long, but for whoever asks once", async () => {
  const { clock, last, asked, look } = reading();
  look();
  await clock.advance(100);
  asked[0]!.resolve(1);
  await clock.advance(0);
  expect([look(), asked.length]).toEqual([{ value: 1 }, 1]);
  expect(await last.answer(() => 2)).toEqual({ value: 2 });
  await clock.advance(1_999);
  look();
  look();
  expect(asked.length).toBe(2);
  await clock.advance(2_000);
  asked[1]!.resolve(3);
  await clock.advance(9_999);
  look();
  expect(asked.length).toBe(2);
  await clock.advance(1);
  look();
  expect(asked.length).toBe(3);
});

test("whoever asks once waits for the reading that runs, shares it, and is told when it hangs", async () => {
  const { clock, last } = reading();
  const asked: PromiseWithResolvers<number>[] = [];
  const ask = () =>
    last.answer(() => {
      const answer = Promise.withResolvers<number>();
      asked.push(answer);
      return answer.promise;
    });
  const [one, other] = [ask(), ask()];
  asked[0]!.resolve(1);
  expect(await Promise.all([one, other])).toEqual([{ value: 1 }, { value: 1 }]);
  expect([asked.length, clock.pending]).toEqual([1, 0]);
  const late = ask();
  await clock.advance(2_000);
  expect(await late).toEqual({ error: new Error("no answer for 2 s") });
  expect(await last.answer(() => 3)).toEqual({ error: new Error("no answer for 2 s") });
  asked[1]!.resolve(2);
  await clock.advance(0);
  expect(await last.answer(() => 3)).toEqual({ value: 3 });
});
