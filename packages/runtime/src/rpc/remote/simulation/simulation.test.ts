import { describe, expect, test } from "vitest";
import { type Findings, type RuleName, ruleNames, type Scenario } from "./rules.test-kit.ts";
import { simulate } from "./simulate.test-kit.ts";

/** `REEVE_SIMULATED_RUNS=2000` for the long one. */
const runs = Number(process.env.REEVE_SIMULATED_RUNS ?? 12);
const chosen = Math.floor(Math.random() * 2 ** 31);
const seeds = [...Array.from({ length: runs }, (_, index) => index + 1), chosen];
const timeout = 20_000 + 100 * runs;
const world = { calls: 400, callers: 3, callees: 3, stormy: true, memory: "enough" } as const;

const sound = { doubled: 0, untrue: 0, unsettled: 0, first: undefined };

describe(`calls under all rules, ${seeds.length} worlds, the last with seed ${chosen}`, { timeout }, () => {
  test.each([
    ["calm", { stormy: false }],
    ["in a storm of lost, late and repeated messages, broken links, deaths and replaced disks", {}],
    [
      "while processes stand still for shorter and longer than they notice, and others start at their addresses",
      { standing: true },
    ],
    ["called by processes of one name, which come and go", { callers: 6, callees: 2 }],
  ] as const)(
    "%s: none runs twice, none is told what is not so, each is settled by its deadline, no answer is lost",
    (_, extra) => {
      for (const seed of seeds) {
        const findings = simulate({ ...world, ...extra, seed });
        expect(findings, `seed ${seed}`).toMatchObject({ ...sound, answersLost: 0, keptAtEnd: 0 });
        expect(findings.mostIntervals, `seed ${seed}`).toBeLessThan(100);
      }
    },
  );

  test("with memory for three answers and two conversations: answers are lost, and nothing else", () => {
    let lost = 0;
    for (const seed of seeds) {
      const findings = simulate({ ...world, memory: "tiny", seed });
      expect(findings, `seed ${seed}`).toMatchObject(sound);
      expect(findings.mostKept).toBeLessThanOrEqual(3);
      lost += findings.answersLost;
    }
    expect(lost).toBeGreaterThan(0);
  });
});

type Cost = keyof Pick<Findings, "doubled" | "untrue" | "answersLost" | "keptAtEnd">;

/** What each rule is for: what is found without it, in what world, at least so often in the first ten. */
const costs: Readonly<Record<RuleName, readonly [Cost, number, Partial<Scenario>?]>> = {
  "numbers are never used again": ["untrue", 100],
  "an incarnation is a random id": ["doubled", 5, { replaced: 1 }],
  "a secret for each incarnation": ["untrue", 100],
  "the first frame consumes the number": ["doubled", 1],
  "a dropped answer drops no number": ["doubled", 20, { memory: "tiny" }],
  "nobody heard it only if one copy left": ["doubled", 20],
  "what left may have run": ["untrue", 50],
  "floor and acknowledgements": ["keptAtEnd", 500],
  "a forgotten caller leaves its highest number": ["doubled", 10],
  "sent again to a named incarnation only": ["doubled", 10],
  "an address is taken over after a long silence": ["doubled", 5, { standing: true }],
};

describe("what each rule left out costs", () => {
  test.each(ruleNames)("without: %s", (without) => {
    const [cost, least, extra = {}] = costs[without];
    let found = 0;
    let withRule = 0;
    for (let seed = 1; seed <= 10; seed++) {
      found += simulate({ ...world, ...extra, seed, without })[cost];
      withRule += simulate({ ...world, ...extra, seed })[cost];
    }
    expect(withRule).toBe(0);
    expect(found).toBeGreaterThanOrEqual(least);
  });
});
