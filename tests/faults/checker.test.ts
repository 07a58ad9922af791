import { type Outcome, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { Testimony } from "./checker.ts";

const failed = (outcome: Outcome) => Promise.reject(reeveError("LINK_LOST", "x", { outcome }));

test.each<[string, () => Promise<unknown>, number, boolean]>([
  ["an answer to a call that ran", () => Promise.resolve(), 1, true],
  ["an answer to a call that never ran", () => Promise.resolve(), 0, false],
  ["an answer to a call that ran twice", () => Promise.resolve(), 2, false],
  ["a maybe of a call that ran", () => failed("maybe-executed"), 1, true],
  ["a maybe of a call that did not", () => failed("maybe-executed"), 0, true],
  ["a maybe of a call that ran twice", () => failed("maybe-executed"), 2, false],
  ["a never-sent of a call that ran", () => failed("never-sent"), 1, false],
  ["a not-executed of a call that did not run", () => failed("not-executed"), 0, true],
  ["a not-executed of a call that ran", () => failed("not-executed"), 1, false],
  ["an error that is none of ours", () => Promise.reject(new Error("x")), 0, false],
])("the checker judges %s", async (_, answer, times, explained) => {
  const told = new Testimony();
  await told.of("k", answer());
  const verdict = told.compare(new Map(times > 0 ? [["k", times]] : []));
  expect(verdict.unexplained).toEqual(explained ? [] : ["k"]);
  expect(verdict.duplicates).toEqual(times > 1 ? ["k"] : []);
});

test("the checker wants an end of every call, and a call for every run", () => {
  const told = new Testimony();
  void told.of("open", new Promise(() => {}));
  expect(told.compare(new Map([["nobody's", 1]])).unexplained).toEqual(["nobody's", "open"]);
});
