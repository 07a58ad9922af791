import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import type { LogLevel } from "../../telemetry/index.ts";
import { HostLogLevel } from "./log-level.ts";

function levels(level: LogLevel = "info") {
  const clock = new ManualClock();
  const logging = { level };
  return { clock, logging, host: new HostLogLevel(clock, logging) };
}

test("a level that is set for a time goes back when that is over", async () => {
  const { clock, logging, host } = levels();
  host.set("debug", 60_000);
  await clock.advance(45_000);
  expect([logging.level, host.info]).toEqual(["debug", { level: "debug", revertsTo: "info", revertsInMs: 15_000 }]);
  await clock.advance(15_000);
  expect(host.info).toEqual({ level: "info", revertsTo: null, revertsInMs: null });
});

test("of several times the last one counts, and it goes back to what it was before the first", async () => {
  const { clock, logging, host } = levels();
  host.set("debug", 10_000);
  host.set("warn", 60_000);
  await clock.advance(20_000);
  expect([logging.level, clock.pending]).toEqual(["warn", 1]);
  await clock.advance(40_000);
  expect(logging.level).toBe("info");
});

test("a level that is set for good stays, whatever was set for a time before", async () => {
  const { clock, logging, host } = levels();
  host.set("debug", 10_000);
  host.set("error", undefined);
  expect(clock.pending).toBe(0);
  await clock.advance(20_000);
  expect(logging.level).toBe("error");
});

test("at its close it goes back at once, and leaves no timer", () => {
  const { clock, logging, host } = levels();
  host.set("debug", 10_000);
  host.close();
  host.close();
  expect([logging.level, clock.pending]).toEqual(["info", 0]);
});

test("a logger that was given has no level to set", () => {
  const host = new HostLogLevel(new ManualClock(), undefined);
  expect([host.settable, host.info.level]).toEqual([false, null]);
});
