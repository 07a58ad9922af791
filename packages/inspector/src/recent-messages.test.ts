import type { HostNews, MessageNews, ReplyNews } from "@reeve/runtime/internal/inspection";
import { expect, test } from "vitest";
import { RecentMessages } from "./recent-messages.ts";

const message = (seq: number): MessageNews => ({
  seq,
  at: seq,
  to: "lamp/a#1",
  type: "call",
  operation: "on",
  count: 1,
});
const reply = (of: number): ReplyNews => ({
  ...{ seq: of + 1_000, at: of, of, from: "lamp/a#1", operation: "on", requestId: "r", durationMs: 1, end: "done" },
});
const news = (instance: string, told: Partial<HostNews>): HostNews => ({ instance, seq: 1, at: 0, ...told });
const told = (recent: RecentMessages, seqOf: (instance: string) => number | undefined = () => 7) =>
  [...recent.news(seqOf, 9)].map(({ instance, seq, more, messages, replies }) => ({
    ...{ instance, seq, more },
    messages: messages?.map(({ seq: number }) => number),
    replies: replies?.map(({ of }) => of),
  }));

test("the newest are kept, each with how it ended, however late that was told", () => {
  const recent = new RecentMessages(2);
  recent.add(news("a", { messages: [message(1), message(2)] }));
  recent.add(news("b", { messages: [message(1)], replies: [reply(1)] }));
  recent.add(news("a", { replies: [reply(1), reply(2)] }));
  expect(told(recent)).toEqual([
    { instance: "a", seq: 7, more: true, messages: [2], replies: [2] },
    { instance: "b", seq: 7, more: true, messages: [1], replies: [1] },
  ]);
});

test("nothing is told of a host that is not known any more, nor after all was cleared", () => {
  const recent = new RecentMessages();
  recent.add(news("a", { messages: [message(1)] }));
  expect(told(recent, () => undefined)).toEqual([]);
  recent.clear();
  expect(told(recent)).toEqual([]);
});
