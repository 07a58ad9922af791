import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { initial, next, published } from "./remote-call.ts";
import { printedRules, ruleFor, rules } from "./remote-call-rules.ts";
import { eventNames, type Facts, type RemoteState, type Repeat, type Transition } from "./remote-call-state.ts";

const wire = readFileSync(new URL("../../../../../../docs/wire.md", import.meta.url), "utf8");

const both = [true, false];
const everyFacts: readonly Facts[] = (["never", "anywhere", "byKey"] satisfies Repeat[]).flatMap((repeat) =>
  both.flatMap((named) =>
    both.flatMap((lives) =>
      both.flatMap((silent) =>
        both.flatMap((elsewhere) => both.map((sameStore) => ({ repeat, named, lives, silent, elsewhere, sameStore }))),
      ),
    ),
  ),
);

interface Step extends Transition {
  readonly before: RemoteState;
  readonly event: (typeof eventNames)[number];
  readonly facts: Facts;
}

/** Every step from every state that can be reached. */
function allSteps(): readonly Step[] {
  const steps: Step[] = [];
  const seen = new Set<RemoteState>([initial]);
  for (const before of seen) {
    for (const event of eventNames) {
      for (const facts of everyFacts) {
        const step = { before, event, facts, ...next(before, event, facts) };
        steps.push(step);
        seen.add(step.state);
      }
    }
  }
  return steps;
}

const steps = allSteps();
const shown = ({ name, copies }: RemoteState) => `${name}, ${copies}`;

describe("the remote call", () => {
  test("its table is the one that docs/wire.md prints", () => {
    expect(wire).toContain(printedRules());
  });

  test("reaches these states, and no others", () => {
    expect([...new Set(steps.map(({ state }) => shown(state)))].sort()).toEqual([
      "awaiting, 1",
      "awaiting, 2",
      "contested, 1",
      "inFlight, 1",
      "inFlight, 2",
      "queued, 0",
      "queued, 1",
      "queued, 2",
      "settled, 0",
      "settled, 1",
      "settled, 2",
    ]);
  });

  test("every row of the table is needed", () => {
    const used = new Set(steps.map(({ before, event, facts }) => ruleFor(before, event, facts)));
    expect(rules.filter((rule) => !used.has(rule))).toEqual([]);
  });

  test("what has ended stays ended, and only a heartbeat does anything about it", () => {
    for (const { before, state, event, action } of steps) {
      if (before.name !== "settled") continue;
      expect(state).toBe(before);
      if (event !== "heartbeat") expect(action).toBeUndefined();
    }
  });

  test("deadline and cancel end it in every state, and say that it may have run once it was handed to the socket", () => {
    for (const { before, state, event, outcome } of steps) {
      if (before.name === "settled" || (event !== "deadline" && event !== "cancel")) continue;
      expect(state.name).toBe("settled");
      expect(outcome).toBe(before.copies === 0 ? "never-sent" : "maybe-executed");
    }
  });

  test("is told as never sent only where at most one copy ever left, and that one is known to have reached nobody", () => {
    for (const { before, state, event, outcome } of steps) {
      if (outcome !== "never-sent") continue;
      expect(state.copies).toBe(0);
      expect(before.copies).toBeLessThan(2);
      if (before.copies === 1)
        expect(before.name === "contested" ? ["gone"] : ["unheard", "superseded"]).toContain(event);
    }
  });

  test("says of itself what became of it only where that holds for every copy", () => {
    for (const { before, event, facts, outcome } of steps) {
      if (outcome !== "own") continue;
      if (event === "failed") expect(before.copies === 2 && facts.repeat === "anywhere").toBe(false);
      else expect(before.copies).toBeLessThan(2);
    }
  });

  test("ends with an outcome wherever its caller gets an error, and goes on or ends wherever something happens to it", () => {
    for (const { before, state, action, outcome } of steps) {
      if (action === "refuse") expect(outcome).toBeDefined();
      if (outcome !== undefined || action === "deliver" || action === "renew") expect(state.name).toBe("settled");
      if (action === "resend" || action === "retry") expect(state.name).toBe("queued");
      if (state.name === "awaiting" && before.name !== "awaiting") expect(action).toBe("await");
    }
  });

  test("is sent again only to an incarnation that it names", () => {
    for (const { facts, action, event } of steps) {
      if (action === "resend") expect(facts.named).toBe(true);
      if (action === "retry" && event === "unheard") expect(facts.lives).toBe(true);
    }
  });

  test("while its incarnation lives, that nobody hears it ends it only where somebody else may have it", () => {
    for (const { before, facts, event, state, action } of steps) {
      if (event !== "unheard" || before.name !== "inFlight" || !facts.lives || !facts.named) continue;
      if (state.name !== "queued") expect(facts.elsewhere && action === "refuse").toBe(true);
    }
  });

  test("is contested when its incarnation lives and another one got its only copy, and ends as never sent only when that one went in silence", () => {
    for (const { before, state, event, facts, action, outcome } of steps) {
      if (state.name === "contested" && before.name !== "contested") {
        expect([shown(before), event, facts.lives]).toEqual(["inFlight, 1", "superseded", true]);
      }
      if (before.name === "contested" && outcome === "never-sent") {
        expect([event, facts.silent, action]).toEqual(["gone", true, "renew"]);
      }
    }
  });

  test("once contested, a sign of life, a break of the own link and a process that has reconnected end that", () => {
    for (const { before, state, event, action, facts } of steps) {
      if (before.name !== "contested") continue;
      if (event === "heartbeat") expect([shown(state), action]).toEqual(["inFlight, 1", "resume"]);
      if (event === "linkLost") expect([shown(state), action]).toEqual(["inFlight, 1", undefined]);
      if (event === "reconnected" && facts.named) expect([shown(state), action]).toEqual(["queued, 1", "resend"]);
      if (event === "superseded" && facts.lives) expect(state).toBe(before);
      if (event === "unheard") expect(state).toBe(before);
      if (event === "gone" && !facts.silent && facts.repeat === "byKey") expect(action).toBe("await");
    }
  });

  test("only what may run twice is sent under another number once it may have run", () => {
    for (const { facts, action, state, event } of steps) {
      if (action === "renew" || state.name === "awaiting") {
        if (event === "forgotten") expect(facts.repeat).toBe("byKey");
      }
      if (state.name === "awaiting" && action === "await") expect(facts.repeat).not.toBe("never");
      if (action === "renew" && event === "returned" && facts.repeat === "byKey") expect(facts.sameStore).toBe(true);
    }
  });

  test("a copy that leaves is counted up to several", () => {
    expect(shown(published(initial))).toBe("inFlight, 1");
    expect(shown(published(published(initial)))).toBe("inFlight, 2");
    expect(shown(published(published(published(initial))))).toBe("inFlight, 2");
  });
});
