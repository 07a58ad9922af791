import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../base/random.ts";
import { memoryCounters, silentLogger } from "../telemetry/index.ts";
import { Complaints } from "./complaints.ts";
import { hearing, subjects, TestLink, textOf, type } from "./gossip.fixture.ts";
import { Publisher } from "./publisher.ts";
import { hearQuestions } from "./questions.ts";

const keys = fc.constantFrom("a", "b", "c", "d", "e", "f");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("set" as const), key: keys, value: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), key: keys }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(0, 150, 1_000, 4_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("link" as const), up: fc.boolean() }) },
);

test("over a link that loses, copies and overtakes, what was missed is asked for, and in the end the truth is known", async () => {
  const run = fc.asyncProperty(
    fc.array(step, { maxLength: 60, size: "max" }),
    fc.integer(),
    fc.constantFrom(0, 20, 60),
    async (steps, seed, lossPercent) => {
      const chance = seededRandom(seed);
      const { clock, link: ours, subscriber, known } = hearing();
      const theirs = new TestLink("theirs");
      theirs.maxPayloadBytes = 560;
      const has = new Map<string, number>();
      let changed = new Set<string>();
      const texts = (of: Iterable<string>) => [...of].map((key) => textOf(key, has.get(key) ?? -1));
      const publisher = new Publisher({
        ...{ clock, random: chance, link: theirs, subjects, type, sender: "S1", host: "h", idleTicks: 3 },
        intervalMs: 1_000,
        // Never again, so that only questions make good what is lost.
        wholeEveryMs: 1e9,
        source: {
          news: () => texts(changed),
          all: () => texts(new Set([...has.keys(), ...changed])),
          told: () => {
            changed = new Set();
          },
        },
        onTrouble: () => {},
      });
      const complaints = new Complaints({ topic: "things", log: silentLogger, counters: memoryCounters() });
      hearQuestions({
        link: theirs,
        subjects,
        sender: "S1",
        complaints,
        onAsked: (asker) => publisher.answerSoon(asker),
      });
      let lossy = true;
      const late: { subject: string; data: Uint8Array }[] = [];
      const deliver = () => {
        for (const message of [...theirs.sent.splice(0), ...late.splice(0)]) {
          if (lossy && chance() * 100 < lossPercent) continue;
          if (lossy && chance() < 0.1) {
            late.push(message);
            continue;
          }
          for (let copies = lossy && chance() < 0.1 ? 2 : 1; copies > 0; copies--) {
            subscriber.hear(message, message.subject.includes(".found."));
          }
        }
        for (const { subject, data } of ours.sent.splice(0)) {
          if (lossy && chance() * 100 < lossPercent) continue;
          theirs.handlers.get("t.sys.wanted.capabilities.*")?.({ subject, data });
        }
      };
      const pass = async (ms: number) => {
        for (let passed = 0; passed <= ms; passed += 50) {
          await clock.advance(Math.min(50, ms));
          deliver();
        }
      };
      for (const one of steps) {
        if (one.do === "pass") await pass(one.ms);
        else if (one.do === "link") theirs.setUp(one.up);
        else {
          if (one.do === "set") has.set(one.key, one.value);
          else has.delete(one.key);
          changed.add(one.key);
          publisher.trigger();
        }
      }
      lossy = false;
      if (!theirs.up) theirs.setUp(true);
      await pass(10_000);
      if (steps.some((one) => one.do === "set" || one.do === "end")) {
        expect(known("S1")).toEqual(Object.fromEntries(has));
        expect(subscriber.view("S1")?.complete).toBe(true);
      }
      // A question that is open then is the last: nothing is asked while nothing is missed.
      ours.sent.length = 0;
      await clock.advance(10_000);
      expect(ours.sent).toEqual([]);
      publisher.stop();
    },
  );
  await fc.assert(run, { numRuns: 200 });
});
