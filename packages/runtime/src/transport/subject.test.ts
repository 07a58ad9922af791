import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPattern, checkSubject } from "./subject.ts";
import { SubjectIndex } from "./subject-index.ts";

const token = fc.constantFrom("a", "b", "c");
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { maxLength: 3 }), fc.constantFrom("a", "b", "*", ">"))
  .map(([tokens, last]) => [...tokens, last].join("."));

/** The rule of https://docs.nats.io/nats-concepts/subjects, written the slow way. */
function matchesByRule(pattern: string, subject: string): boolean {
  const source = pattern
    .split(".")
    .map((part) => (part === "*" ? "[^.]+" : part === ">" ? ".+" : part))
    .join("\\.");
  return new RegExp(`^${source}$`).test(subject);
}

test("the index finds what the rule says (* is one token, > one or more at the end), and forgets what was deleted", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), fc.array(fc.nat(11)), subject, (patterns, deleted, subject) => {
      const index = new SubjectIndex<number>();
      patterns.forEach((pattern, i) => {
        index.add(pattern, i);
      });
      const gone = new Set(deleted.filter((i) => i < patterns.length));
      for (const i of gone) index.delete(patterns[i] as string, i);
      const expected = patterns.flatMap((pattern, i) => (!gone.has(i) && matchesByRule(pattern, subject) ? [i] : []));
      expect([...index.match(subject)].sort((a, b) => a - b)).toEqual(expected);
      expect(index.match(subject).size).toBe(expected.length);
    }),
  );
});

test.each(["", "a b", ".a", "a.", "a..b", "a.*", "a.>", "a\r\nPUB b 0", "a\tb"])(
  "nobody publishes to %j",
  (subject) => {
    expect(() => checkSubject("subject", subject)).toThrow(`subject: ${JSON.stringify(subject)}`);
  },
);

test.each(["", "a b", ".a", "a.", "a..b", "a.>.b", "a.b>", "a.b*", "a.*b", ">a", "a\n"])(
  "nobody subscribes to %j",
  (pattern) => {
    expect(() => checkPattern("subject", pattern)).toThrow(`subject: ${JSON.stringify(pattern)}`);
  },
);

test.each(["a", ">", "*", "a.*.b", "*.*", "a.>", "_INBOX.x.-_1.>"])("anybody subscribes to %j", (pattern) => {
  expect(() => checkPattern("subject", pattern)).not.toThrow();
});
