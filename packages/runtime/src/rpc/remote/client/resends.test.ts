import { expect, test } from "vitest";
import { ManualClock } from "../../../base/manual-clock.ts";
import { turns } from "../../../base/turns.test-kit.ts";
import { Resends } from "./resends.ts";

type Sent = ReturnType<typeof calls>[number];
const calls = (count: number) => Array.from({ length: count }, (_, number) => ({ number, ticket: 0, queued: true }));
test("after a break all calls are sent again in their order, 1,000 in a turn of the loop", async () => {
  const sent: Sent[] = [];
  const resends = new Resends<Sent>(new ManualClock(), (pending) => void sent.push(pending));
  const all = calls(2_500);
  for (const pending of all) resends.add(pending);
  await Promise.resolve();
  expect(sent).toHaveLength(1_000);
  await turns();
  expect(sent).toHaveLength(2_000);
  await turns();
  expect(sent).toEqual(all);
});

test("what has ended, or is to be sent at another time by now, is not sent", async () => {
  const clock = new ManualClock();
  const sent: Sent[] = [];
  const resends = new Resends<Sent>(clock, (pending) => void sent.push(pending));
  const [ended, moved, kept] = calls(3);
  resends.addLater([ended!, moved!, kept!], 100);
  (ended as { queued: boolean }).queued = false;
  resends.addLater([moved!], 1_000);
  await clock.advance(100);
  expect(sent).toEqual([kept]);
  await clock.advance(900);
  expect(sent).toEqual([kept, moved]);
});
