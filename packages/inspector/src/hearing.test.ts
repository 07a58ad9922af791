import { expect, test } from "vitest";
import {
  current,
  type Hearing,
  type HearingEvent,
  hearingTable,
  isTombstone,
  isUnknown,
  nextHearing,
} from "./hearing.ts";

const after = (...events: readonly HearingEvent[]): Hearing => events.reduce(nextHearing, current);

const told = (at: number) => ({ type: "told", at }) as const;
const gaveUp = { type: "gaveUp", at: 9, reason: "RESTARTS_EXHAUSTED", message: "volume/a failed" } as const;

test("a host that falls silent is silent, then lost, since it was last heard", () => {
  expect(after({ type: "quiet", at: 10 })).toEqual({ is: "silent", since: 10 });
  expect(after({ type: "quiet", at: 10 }, { type: "silence", at: 10 })).toEqual({ is: "lost", since: 10 });
  expect(after({ type: "silence", at: 10 }, told(20))).toEqual({ is: "current" });
});

test("a blind observer gives no verdict, and takes none back", () => {
  expect(after({ type: "cut", at: 5 })).toEqual({ is: "unreachable", since: 5 });
  expect(after({ type: "cut", at: 5 }, { type: "quiet", at: 5 })).toEqual({ is: "unreachable", since: 5 });
  expect(after({ type: "silence", at: 5 }, { type: "cut", at: 9 })).toEqual({ is: "lost", since: 5 });
});

test("after a cut a host is lost only once it could have been heard again, and since the cut", () => {
  expect(after({ type: "cut", at: 5 }, { type: "silence", at: 11 })).toEqual({ is: "lost", since: 5 });
});

test("what cannot be read makes a host foreign until it tells everything in words that can", () => {
  const foreign: HearingEvent = { type: "unreadable", at: 3, problem: "entries.0.at: expected a number" };
  expect(after(foreign)).toEqual({ is: "foreign", since: 3, problem: "entries.0.at: expected a number" });
  expect(after(foreign, told(4))).toEqual(after(foreign));
  expect(after(foreign, { type: "toldAll", at: 5 })).toEqual({ is: "current" });
});

test("a host that stopped or gave up stays so, whatever comes after", () => {
  for (const last of [{ type: "left", at: 8 }, gaveUp] as const) {
    const over = after(last);
    for (const type of Object.keys(hearingTable.current) as HearingEvent["type"][])
      expect(nextHearing(over, { ...gaveUp, type, at: 99, problem: "" } as HearingEvent)).toBe(over);
  }
  expect(after(gaveUp, { type: "left", at: 10 })).toEqual({
    is: "gaveUp",
    since: 9,
    reason: "RESTARTS_EXHAUSTED",
    message: "volume/a failed",
  });
});

test("each state is known, unknown or the last word", () => {
  const kinds = Object.keys(hearingTable).map((is) => {
    const hearing = { is } as Hearing;
    return [is, isUnknown(hearing) ? "unknown" : isTombstone(hearing) ? "last word" : "known"];
  });
  expect(Object.fromEntries(kinds)).toEqual({
    current: "known",
    silent: "unknown",
    lost: "last word",
    unreachable: "unknown",
    foreign: "unknown",
    stopped: "last word",
    gaveUp: "last word",
  });
});
