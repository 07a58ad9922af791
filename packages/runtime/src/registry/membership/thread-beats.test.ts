import { expect, onTestFinished, test, vi } from "vitest";
import { recordingLogger } from "../../telemetry/index.ts";
import type { MemberEntry } from "./beat.ts";
import { member } from "./member.fixture.ts";
import { ThreadBeats } from "./thread-beats.ts";

interface Told {
  readonly put: string[];
  retired: number;
  stopped: number;
}

/** Notes what the stand-in is told. */
function standIn(told: Told) {
  return (nextSequence: () => number) => ({
    put: (entries: readonly MemberEntry[]) => {
      for (const { address } of entries) told.put.push(`${address} ${nextSequence()}`);
    },
    answering: async () => {},
    retire: () => {
      told.retired += 1;
    },
    stop: async () => {
      told.stopped += 1;
    },
  });
}

test("a thread that fails is told of and started again; the stand-in beats meanwhile, and says the last word", async () => {
  const log = recordingLogger();
  const told: Told = { put: [], retired: 0, stopped: 0 };
  const beats = new ThreadBeats({
    nats: { servers: "no server at all" },
    sender: "s1",
    host: "h1",
    namespace: "reeve",
    everyMs: 1_000,
    log,
    standIn: standIn(told),
  });
  onTestFinished(() => beats.stop());
  beats.put([member("a")]);
  const restarts = () => log.lines.filter(({ message }) => message?.includes("starting another"));
  await vi.waitFor(() => expect(restarts().length).toBeGreaterThanOrEqual(2), { timeout: 15_000 });
  expect(log.lines[0]).toMatchObject({
    level: "warn",
    fields: { err: { message: expect.stringContaining("servers") } },
  });
  beats.put([member("b")]);
  expect(told).toEqual({ put: ["a 1", "b 2"], retired: 0, stopped: 0 });
  await beats.stop();
  await beats.stop();
  beats.put([member("c")]);
  expect(told).toEqual({ put: ["a 1", "b 2"], retired: 0, stopped: 1 });
});
