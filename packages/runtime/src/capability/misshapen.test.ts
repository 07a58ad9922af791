import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import { misshapen } from "../gossip/shapes.fixture.ts";
import { memoryCounters, recordingLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { CapabilityActor } from "./capability-actor.ts";
import { messageType } from "./message.ts";
import { ReportReceiver } from "./report-receiver.ts";
import type { CapabilityReport } from "./reports.ts";

const entry = {
  ...{ manager: "volume", address: "z@ssd", cluster: "rack-a", epoch: 7, incarnation: "i", store: "s" },
  ...{ status: "ready", count: 2, ageMs: 5, full: true, set: { free: 5, pools: [{ free: 1 }] } },
};
const telling = {
  ...{ type: messageType, sender: "Z1", host: "z", sequence: 1, part: { part: 1, parts: 2 }, whole: true, last: false },
  entries: [entry, { ...entry, address: "z@hdd", full: undefined }],
};

test("a wrong type, or an unknown or missing field, anywhere in a report, an answer or a question harms nobody", async () => {
  const hub = inProcess();
  const [ours, block, stranger] = ["ours", "block-01", "z"].map((caller) => hub.client({ caller }));
  for (const link of [ours!, block!, stranger!]) await link.connect();
  const clock = new ManualClock();
  const [log, counters] = [recordingLogger(), memoryCounters()];
  const receiver = new ReportReceiver({ clock, transport: ours!, log, counters });
  const common = { clock, random: seededRandom(1), ids: () => "S1", transport: block!, host: "block-01" };
  const actor = new CapabilityActor({ ...common, log, counters });
  onTestFinished(() => {
    receiver.close();
    actor.close();
  });
  const heard: CapabilityReport[] = [];
  receiver.subscribe((report) => heard.push(report));
  const schema = z.object({ free: z.number() });
  const handle = actor.attach({ manager: "volume", address: "block-01", epoch: 1, schema });
  handle.setStatus("ready");
  handle.update({ free: 1 });
  await clock.advance(0);
  const say = async (subject: string, value: unknown) => {
    stranger!.publish(subject, new TextEncoder().encode(JSON.stringify(value)));
    await clock.advance(0);
  };
  for (const message of misshapen(telling)) {
    await say("reeve.sys.capabilities.z", message);
    await say("reeve.sys.found.capabilities.ours.z", message);
  }
  for (const message of misshapen({ senders: ["S1"] })) await say("reeve.sys.wanted.capabilities.z", message);
  for (const { address, status, count, measuredAt, capabilities } of heard) {
    expect(/^[A-Za-z0-9][\w@-]*$/.test(address) && Number.isSafeInteger(count)).toBe(true);
    expect([typeof status, Number.isFinite(measuredAt)]).toEqual(["string", true]);
    expect(Object.getPrototypeOf(capabilities)).toBe(Object.prototype);
  }
  expect(heard.filter(({ address }) => address === "block-01")).toHaveLength(1);
  await say("reeve.sys.capabilities.z", { ...telling, sender: "Z2", part: undefined });
  expect(heard.at(-1)).toMatchObject({ address: "z@ssd", capabilities: entry.set });
  handle.update({ free: 2 });
  await clock.advance(11_000);
  expect(heard.at(-1)).toMatchObject({ address: "block-01", capabilities: { free: 2 } });
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
});
