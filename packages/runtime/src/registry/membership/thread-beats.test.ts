import { expect, onTestFinished, test, vi } from "vitest";
import { recordingLogger } from "../../telemetry/index.ts";
import { ThreadBeats } from "./thread-beats.ts";

test("a thread that fails is told of and started again, until it is stopped", async () => {
  const log = recordingLogger();
  const beats = new ThreadBeats({
    nats: { servers: "no server at all" },
    sender: "s1",
    host: "h1",
    namespace: "reeve",
    everyMs: 1_000,
    log,
  });
  onTestFinished(() => beats.stop());
  const restarts = () => log.lines.filter(({ message }) => message?.includes("starting another"));
  await vi.waitFor(() => expect(restarts().length).toBeGreaterThanOrEqual(2), { timeout: 15_000 });
  expect(log.lines[0]).toMatchObject({
    level: "warn",
    fields: { err: { message: expect.stringContaining("servers") } },
  });
  await beats.stop();
  await beats.stop();
  const told = restarts().length;
  beats.put([]);
  expect(restarts()).toHaveLength(told);
});
