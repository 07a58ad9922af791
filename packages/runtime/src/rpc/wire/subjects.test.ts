import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkSubject } from "../../transport/subject.ts";
import { CallSubjects, escapeToken, inboxOf, parseCallSubject, reachToken, unescapeToken } from "./subjects.ts";

describe("call subjects", () => {
  test("any text is one token, and the same text again", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }), (text) => {
        const wellFormed = text.toWellFormed();
        const token = escapeToken(wellFormed);
        expect(token).toMatch(/^[A-Za-z0-9_@=-]+$/);
        expect(unescapeToken(token)).toBe(wellFormed);
      }),
      { seed: 4 },
    );
  });

  test("are those of docs/wire.md", () => {
    const subjects = new CallSubjects("reeve", "volume", 1);
    expect(subjects.call("get", reachToken("any"), "cli")).toBe("reeve.call.volume.v1.get.any.cli");
    expect(subjects.call("get", reachToken({ address: "block-01@ssd" }), "cli")).toBe(
      "reeve.call.volume.v1.get.block-01@ssd.cli",
    );
    expect(subjects.call("get", reachToken({ cluster: "rack-a" }), "cli")).toBe("reeve.call.volume.v1.get.@rack-a.cli");
    expect(subjects.served("all")).toBe("reeve.call.volume.v1.*.all.*");
  });

  test("keep an instance called any or all apart from everybody", () => {
    expect(reachToken({ address: "any" })).toBe("=61ny");
    expect(reachToken({ address: "all" })).toBe("=61ll");
    expect(unescapeToken("=61ny")).toBe("any");
  });

  test("never hold a wildcard, whatever is asked for", () => {
    for (const hostile of ["*", ">", "a.b", "a b", ">x", "\n", "="]) {
      const subject = new CallSubjects("reeve", hostile, 1).call(hostile, reachToken({ address: hostile }), hostile);
      expect(() => checkSubject("subject", subject)).not.toThrow();
      expect(parseCallSubject(subject)).toMatchObject({ operation: hostile, caller: hostile });
    }
    expect(() => escapeToken("")).toThrow(/does not fit/);
    expect(() => escapeToken("x".repeat(300))).toThrow(/does not fit/);
  });

  test("are not parsed from what is none", () => {
    expect(parseCallSubject("get")).toBeUndefined();
    expect(parseCallSubject("reeve.call.volume.v1.g=t.any.cli")).toBeUndefined();
  });

  test("a reply goes only below its caller's inbox", () => {
    expect(inboxOf("_INBOX.cli.k7.s3cret.12", "cli")).toBe("_INBOX.cli.k7.s3cret");
    for (const foreign of [
      "_INBOX.other.k7.s3cret.12",
      "reeve.call.x.v1.y.any.z",
      "_INBOX.cli",
      "_INBOX.cli.",
      "_INBOX.cli.1",
      "_INBOX.cli.k7.12",
      "_INBOX.cli..s3cret.12",
      "_INBOX.cli.k7..12",
      "_INBOX.cli.k7.s3cret.",
      undefined,
    ])
      expect(inboxOf(foreign, "cli"), String(foreign)).toBeUndefined();
  });
});
