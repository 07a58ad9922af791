import { expect, test } from "vitest";
import { StartupQueue } from "./startup-queue.ts";

type Waiting = ReturnType<typeof call>["call"];

/** What the room uses of a call. */
function call(waits = true) {
  const refused: string[] = [];
  const one = { waits, settled: false, refuse: ({ reason }: { reason: string }) => void refused.push(reason) };
  return { call: one, one, refused };
}

test("calls are handed over in order of arrival, without those that ended meanwhile", () => {
  const room = new StartupQueue<Waiting>("volume/a", 10);
  const [first, second, third] = [call(), call(), call()];
  for (const { call } of [first, second, third]) room.admit(call);
  second.one.settled = true;
  const delivered: Waiting[] = [];
  room.release((one) => delivered.push(one));
  expect(delivered).toEqual([first.call, third.call]);
  expect(room.size).toBe(0);
});

test("a full room refuses at once, after making room of what has ended", () => {
  const room = new StartupQueue<Waiting>("volume/a", 1);
  const [first, second, third] = [call(), call(), call()];
  room.admit(first.call);
  room.admit(second.call);
  expect(second.refused).toEqual(["MAILBOX_FULL"]);
  first.one.settled = true;
  room.admit(third.call);
  expect(third.refused).toEqual([]);
});

test("a call that does not wait is refused, and so is everybody once nobody will come", () => {
  const room = new StartupQueue<Waiting>("volume/a", 10);
  const [hasty, patient, late] = [call(false), call(), call()];
  room.admit(hasty.call);
  expect(hasty.refused).toEqual(["NOT_SERVING"]);
  room.admit(patient.call);
  room.close();
  expect(patient.refused).toEqual(["NOT_SERVING"]);
  room.admit(late.call);
  expect(late.refused).toEqual(["NOT_SERVING"]);
});
