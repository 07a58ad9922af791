import { expect, test } from "vitest";
import { RecentLines } from "./recent-lines.ts";

const lineOf = (fields: object) =>
  `${JSON.stringify({ level: "info", time: "2026-01-02T00:00:00.000Z", ...fields })}\n`;

test("the newest thousand are kept, and numbers count what was written", () => {
  const recent = new RecentLines();
  for (let index = 1; index <= 1_500; index++) recent.add(lineOf({ msg: `line ${index}` }));
  const kept = recent.after(0);
  expect([kept.length, kept[0]!.number, kept.at(-1)!.number, recent.newest]).toEqual([1_000, 501, 1_500, 1_500]);
  expect(recent.after(1_498).map(({ number, text }) => [number, JSON.parse(text).msg])).toEqual([
    [1_499, "line 1499"],
    [1_500, "line 1500"],
  ]);
  expect(recent.after(1_500)).toEqual([]);
});

test("long lines take the room of many, and never more than a million characters", () => {
  const recent = new RecentLines();
  for (let index = 0; index < 500; index++) recent.add(lineOf({ msg: "x".repeat(8_000) }));
  const kept = recent.after(0);
  const size = kept.reduce((sum, { text }) => sum + text.length, 0);
  expect(size).toBeLessThanOrEqual(1_000_000);
  expect(size).toBeGreaterThan(980_000);
  expect(kept.at(-1)!.number).toBe(500);
});

test("a line that is too long is kept cut: where it is from, its message, its error, and what else has room", () => {
  const recent = new RecentLines();
  const long = "x".repeat(100_000);
  recent.add(
    lineOf({
      manager: "volume",
      address: "block-01",
      spec: { long },
      note: long,
      tries: 3,
      err: { name: "Error", message: long, stack: long },
      msg: long,
    }),
  );
  recent.add(lineOf({ msg: "y".repeat(8_000) }));
  const [cut, whole] = recent.after(0);
  expect([cut!.isCut, whole!.isCut]).toEqual([true, false]);
  expect(cut!.text.length).toBeLessThan(8_192);
  const { msg, err, note, ...more } = JSON.parse(cut!.text);
  expect(more).toEqual({
    level: "info",
    time: "2026-01-02T00:00:00.000Z",
    manager: "volume",
    address: "block-01",
    tries: 3,
  });
  expect([msg.length, err.message.length, err.stack.length, note.length]).toEqual([
    1_501,
    1_501,
    1_501,
    expect.any(Number),
  ]);
  expect(msg.at(-1)).toBe("…");
});

test("a line of many fields, or of long names, is cut as well", () => {
  const recent = new RecentLines();
  recent.add(
    lineOf({
      ...Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field${index}`, index])),
      msg: "many",
    }),
  );
  recent.add(lineOf({ ["n".repeat(50_000)]: 1, msg: "long name" }));
  const kept = recent.after(0);
  for (const { text } of kept) expect(text.length).toBeLessThan(20_000);
  expect(kept.map(({ text }) => JSON.parse(text).msg)).toEqual(["many", "long name"]);
});
