import { expect, test } from "vitest";
import { hearing, subjects, textOf, type } from "./gossip.fixture.ts";
import { encodeGossip, type GossipHead } from "./message.ts";

function bench(options: Parameters<typeof hearing>[0] = {}) {
  const heard = hearing(options);
  const tell = (
    sender: string,
    sequence: number,
    texts: readonly string[],
    more: Partial<GossipHead> & { caller?: string } = {},
  ) => {
    const { caller = "theirs", ...rest } = more;
    const head = { sender, host: "h", sequence, part: { part: 1, parts: 1 }, whole: false, last: false, ...rest };
    heard.subscriber.hear({ subject: subjects.news(caller), data: encodeGossip(type, head, texts) }, false);
  };
  const ignored = (kind: string) => heard.counters.value("things.ignored", { kind });
  return { ...heard, tell, ignored };
}

const whole = { whole: true };

test("66,000 made-up senders, under as many tokens, keep nobody out that speaks every now and then", () => {
  const { tell, known, subscriber, evicted } = bench({ maxSenders: 100, maxEntries: 100 });
  tell("REAL", 1, [textOf("r", 1)], whole);
  for (let made = 0, sequence = 2; made < 66_000; made++) {
    tell(`F${made}`, 1, [textOf(`f${made}`, 1)], { ...whole, caller: `f${made}` });
    if (made % 40 === 0) {
      tell("REAL", sequence, [textOf("r", sequence)]);
      expect(known("REAL")).toEqual({ r: sequence });
      sequence += 1;
    }
  }
  expect(subscriber.size).toBe(100);
  expect(evicted.filter((line) => line.startsWith("REAL"))).toEqual([]);
});

test("a sender that had no room any more is asked for everything when it speaks again", () => {
  const { tell, known, link, evicted } = bench({ maxSenders: 2 });
  tell("S1", 1, [textOf("a", 1), textOf("b", 1)], whole);
  tell("S2", 1, [textOf("c", 1)], whole);
  tell("S3", 1, [textOf("d", 1)], whole);
  expect(known("S1")).toEqual({});
  expect(evicted).toEqual(["S1 a", "S1 b"]);
  tell("S1", 2, []);
  expect(link.sent.map(({ subject, data }) => [subject, new TextDecoder().decode(data)])).toEqual([
    ["t.sys.wanted.capabilities.ours", '{"senders":["S1"]}'],
  ]);
});

test("one unknown shape costs the message that it comes in, whole, and nothing of other senders", () => {
  const { tell, known, ignored, log } = bench();
  tell("S1", 1, [textOf("a", 1)], whole);
  tell("S2", 1, [textOf("b", 1), '{"key":"c","value":"no number"}'], whole);
  tell("S2", 1, ["[1]"], whole);
  expect(known("S2")).toEqual({});
  expect(ignored("malformed")).toBe(2);
  expect(log.lines).toHaveLength(1);
  tell("S1", 2, [textOf("a", 2)]);
  expect(known("S1")).toEqual({ a: 2 });
});

test("a thing belongs to the caller token that told of it first; whoever was refused it is asked again when it is free", () => {
  const { tell, known, ignored, link } = bench();
  tell("S1", 1, [textOf("a", 1)], whole);
  tell("F1", 1, [textOf("a", 9), textOf("own", 9)], { ...whole, caller: "forger" });
  tell("F1", 2, [textOf("a", 9)], { caller: "forger" });
  expect(known("F1")).toEqual({ own: 9 });
  expect(ignored("claimed")).toBe(2);
  // Another process of the same token may: which of them counts is for others to say.
  tell("S2", 1, [textOf("a", 2)], whole);
  expect(known("S2")).toEqual({ a: 2 });
  tell("S1", 2, [textOf("a", -1)]);
  expect(link.sent).toEqual([]);
  tell("S2", 2, [], { last: true });
  expect(new TextDecoder().decode(link.sent.at(-1)?.data)).toBe('{"senders":["F1"]}');
  tell("F1", 3, [textOf("a", 9)], { ...whole, caller: "forger" });
  expect(known("F1")).toEqual({ a: 9 });
});

test("nobody speaks for a sender of another caller token, and after its last word a sender is heard no more", () => {
  const { tell, known, ignored, told } = bench();
  tell("S1", 1, [textOf("a", 1)], whole);
  tell("S1", 2 ** 53 - 1, [], { last: true, caller: "forger" });
  expect([known("S1"), ignored("foreign")]).toEqual([{ a: 1 }, 1]);
  tell("S1", 2, [], { last: true });
  tell("S1", 3, [textOf("a", 1)], whole);
  expect(told).toEqual(["S1 a 1", "S1 a gone"]);
});

test("what is named and over again takes no memory, however many parts a list says that it has", () => {
  const { tell, subscriber } = bench();
  for (let part = 1; part <= 5_000; part++) {
    tell("S1", 1, [textOf(`a${part}`, 1)], { ...whole, part: { part, parts: 2 ** 53 - 1 } });
    tell("S1", 1, [textOf(`a${part}`, -1)], { ...whole, part: { part: part + 1, parts: 2 ** 53 - 1 } });
  }
  expect([subscriber.view("S1")?.size, subscriber.view("S1")?.named]).toEqual([0, 0]);
});

test("a sender silent for ten minutes is forgotten, with what it had", async () => {
  const { tell, subscriber, clock } = bench();
  tell("S1", 1, [textOf("a", 1)], whole);
  await clock.advance(599_000);
  subscriber.sweep(clock.now());
  expect(subscriber.size).toBe(1);
  await clock.advance(2_000);
  subscriber.sweep(clock.now());
  expect(subscriber.size).toBe(0);
});
