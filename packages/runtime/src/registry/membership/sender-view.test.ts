import { expect, test } from "vitest";
import type { Beat } from "./beat.ts";
import { member } from "./member.fixture.ts";
import { SenderView } from "./sender-view.ts";

const beat = (sequence: number, addresses: readonly string[], change: Partial<Beat> = {}): Beat => ({
  sender: "s1",
  host: "h1",
  sequence,
  part: { part: 1, parts: 1 },
  partial: false,
  everyMs: 2_000,
  lagMs: 0,
  last: false,
  members: addresses.map((address) => member(address)),
  ...change,
});

function view() {
  const seen = new SenderView("s1", "h1", 1, 0);
  const places = () => [...seen.entries()].map(({ address }) => address);
  return { seen, places };
}

test("copies and what was overtaken change nothing, not even when it was heard", () => {
  const { seen, places } = view();
  seen.receive(beat(5, ["a", "b"]), 10);
  expect(seen.receive(beat(5, ["a"]), 20)).toBeUndefined();
  expect(seen.receive(beat(4, ["c"]), 30)).toBeUndefined();
  expect(places()).toEqual(["a", "b"]);
  expect(seen.heardAt).toBe(10);
});

test("who is missing from a beat has gone, however many beats were lost before", () => {
  const { seen, places } = view();
  seen.receive(beat(1, ["a", "b"]), 0);
  expect(seen.receive(beat(9, ["b"]), 0)?.gone).toEqual(["volume.v1 a"]);
  expect(places()).toEqual(["b"]);
});

test("an answer that names some says nothing of the others", () => {
  const { seen, places } = view();
  seen.receive(beat(1, ["a", "b"]), 0);
  expect(seen.receive(beat(2, ["b"], { partial: true }), 0)?.gone).toEqual([]);
  expect(places()).toEqual(["a", "b"]);
});

test("a stop that is announced is believed at once, and only once", () => {
  const { seen } = view();
  seen.receive(beat(1, ["a", "b"]), 0);
  const stopped = [member("a", { state: "stopped" }), member("b")];
  expect(seen.receive(beat(2, [], { members: stopped }), 0)?.gone).toEqual(["volume.v1 a"]);
  expect(seen.receive(beat(3, [], { members: stopped }), 0)?.gone).toEqual([]);
});

test("of a beat in parts, who is missing from all has gone, after the last", () => {
  const { seen, places } = view();
  seen.receive(beat(1, ["a", "b", "c"]), 0);
  expect(seen.receive(beat(2, ["a"], { part: { part: 1, parts: 2 } }), 0)?.gone).toEqual([]);
  expect(seen.receive(beat(3, ["c"], { part: { part: 2, parts: 2 } }), 0)?.gone).toEqual(["volume.v1 b"]);
  expect(places()).toEqual(["a", "c"]);
});

test("a lost part takes nobody away", () => {
  const { seen, places } = view();
  seen.receive(beat(1, ["a", "b", "c"]), 0);
  seen.receive(beat(2, ["a"], { part: { part: 1, parts: 3 } }), 0);
  seen.receive(beat(4, ["c"], { part: { part: 3, parts: 3 } }), 0);
  seen.receive(beat(6, ["c"], { part: { part: 2, parts: 2 } }), 0);
  expect(places()).toEqual(["a", "b", "c"]);
});

test("after its last word a process is heard no more", () => {
  const { seen } = view();
  seen.receive(beat(1, ["a"]), 0);
  seen.receive(beat(2, ["a"], { last: true, part: { part: 1, parts: 2 } }), 0);
  expect(seen.empty).toBe(false);
  expect(seen.receive(beat(3, [], { last: true, part: { part: 2, parts: 2 } }), 0)?.gone).toEqual(["volume.v1 a"]);
  expect(seen.receive(beat(4, ["a"]), 0)).toBeUndefined();
  expect(seen.empty).toBe(true);
});

test("what is named and over again takes no memory, however many parts a beat says it has", () => {
  const { seen } = view();
  const parts = 1_000;
  seen.receive(beat(1, ["a"], { part: { part: 1, parts } }), 0);
  for (let part = 2; part < parts; part++) {
    const passing = [member(`b${part}`), member(`b${part - 1}`, { state: "stopped" })];
    seen.receive(beat(part, [], { members: passing, part: { part, parts } }), 0, 1);
  }
  expect(seen.named).toBe(2);
});
