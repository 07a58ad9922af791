import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import type { GossipLink } from "../gossip/index.ts";
import { memoryCounters, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor } from "./capability-actor.ts";
import { ReportReceiver } from "./report-receiver.ts";
import type { CapabilityReport } from "./reports.ts";

const address = fc.nat(2);
const update = fc.record({ kind: fc.constant("update" as const), at: address, a: fc.nat(3), b: fc.option(fc.nat(3)) });
const status = fc.record({ kind: fc.constant("status" as const), at: address, ready: fc.boolean() });
const restart = fc.record({ kind: fc.constant("restart" as const), at: address });
const pass = fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(0, 100, 1_000, 2_500) });
const step = fc.oneof(
  { weight: 6, arbitrary: update },
  { weight: 6, arbitrary: pass },
  { weight: 2, arbitrary: status },
  { weight: 1, arbitrary: restart },
);

test("over a link that loses messages, a receiver believes only what was said, and ends up with the truth", async () => {
  const run = fc.asyncProperty(
    fc.array(step, { maxLength: 60, size: "max" }),
    fc.integer(),
    fc.constantFrom(0, 20, 50, 80),
    async (steps, seed, lossPercent) => {
      const hub = inProcess();
      const [theirs, ours] = [hub.client({ caller: "theirs" }), hub.client({ caller: "ours" })];
      await Promise.all([theirs.connect(), ours.connect()]);
      const chance = seededRandom(seed);
      let loses = true;
      const lossy: GossipLink = {
        caller: "theirs",
        maxPayloadBytes: 2_048,
        subscribe: (subject, handler) => theirs.subscribe(subject, handler),
        onLink: (listener) => theirs.onLink(listener),
        publish(subject, data) {
          if (!loses || chance() * 100 >= lossPercent) theirs.publish(subject, data);
        },
      };
      const clock = new ManualClock();
      const receiver = new ReportReceiver({ clock, transport: ours, log: silentLogger, counters: memoryCounters() });
      const actor = new CapabilityActor({
        clock,
        random: chance,
        ids: () => "S1",
        transport: lossy,
        host: "h",
        intervalMs: 1_000,
        snapshotEvery: 7,
        log: silentLogger,
        counters: memoryCounters(),
      });
      const said = new Map<string, unknown>();
      const believed = new Map<string, CapabilityReport>();
      const wrong: unknown[] = [];
      receiver.subscribe((report) => {
        const before = believed.get(report.address);
        const older = before && (report.epoch - before.epoch || report.count - before.count) < 0;
        const truth = said.get(`${report.address} ${report.epoch} ${report.count}`);
        if (older || !isDeepStrictEqual(report.capabilities, truth)) wrong.push({ report, before, truth });
        believed.set(report.address, report);
      });
      const schema = z.object({ a: z.number(), b: z.number().optional(), pad: z.string() });
      const epochs = [1, 1, 1];
      const counts = [0, 0, 0];
      const attach = (at: number) => actor.attach({ manager: "volume", address: `h${at}`, epoch: epochs[at]!, schema });
      const handles = [attach(0), attach(1), attach(2)];
      const statuses = ["starting", "starting", "starting"];
      for (const step of steps) {
        if (step.kind === "pass") await clock.advance(step.ms);
        else if (step.kind === "status") {
          statuses[step.at] = step.ready ? "ready" : "degraded";
          handles[step.at]!.setStatus(step.ready ? "ready" : "degraded");
        } else if (step.kind === "restart") {
          epochs[step.at]! += 1;
          counts[step.at] = 0;
          statuses[step.at] = "starting";
          handles[step.at] = attach(step.at);
        } else {
          const fields = { a: step.a, ...(step.b === null ? {} : { b: step.b }), pad: "p".repeat(500) };
          counts[step.at]! += 1;
          said.set(`h${step.at} ${epochs[step.at]} ${counts[step.at]}`, fields);
          handles[step.at]!.update(fields);
        }
      }
      expect(wrong).toEqual([]);
      loses = false;
      await clock.advance(5_000);
      for (const at of [0, 1, 2]) {
        const report = believed.get(`h${at}`);
        if (counts[at] === 0) {
          if (report) expect(report.status).toBe("stopped");
        } else {
          expect(report).toMatchObject({ epoch: epochs[at], count: counts[at], status: statuses[at] });
        }
      }
      expect(wrong).toEqual([]);
      actor.close();
      receiver.close();
    },
  );
  await fc.assert(run, { numRuns: 100 });
});
