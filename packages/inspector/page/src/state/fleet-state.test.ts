import type { ActorNews, HostNews } from "@reeve/runtime/internal/inspection";
import { beforeEach, expect, test, vi } from "vitest";
import { FleetState } from "./fleet-state.ts";

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
});

const lamp = (calls: number): ActorNews => ({
  ...{ id: "lamp/a#1", name: "lamp/a", definition: "d", at: 0, history: [] },
  snapshot: {
    ...{ status: "active", value: "serving" },
    context: { inFlight: 0, queued: 0, calls, errors: 0, causes: [], epoch: 1, startedAt: 0 },
  },
});
const whole = (instance: string, at: number, calls: number): HostNews => ({
  ...{ instance, seq: 1, at, actors: [lamp(calls)] },
  host: { host: "a", startedAt: 0, panels: [], acts: true },
});

function fleetWith(...news: readonly HostNews[]): FleetState {
  const fleet = new FleetState();
  fleet.receive({ type: "hello", instance: "served", mayAct: true, at: Date.now() });
  for (const one of news) fleet.receive({ type: "news", news: one });
  return fleet;
}
const rates = (fleet: FleetState) => fleet.managers().map(({ life }) => fleet.rates.of(life, 10_000).callsPerSecond);

test("two lives of a host count their managers alike, and are not taken for each other", () => {
  const fleet = fleetWith(
    whole("first", 8_000, 500),
    whole("second", 8_000, 1),
    {
      instance: "second",
      seq: 2,
      at: 10_000,
      loads: [{ id: "lamp/a#1", inFlight: 0, queued: 0, calls: 5, errors: 0 }],
    },
    { instance: "second", seq: 3, at: 10_000, details: [{ id: "lamp/a#1", context: lamp(5).snapshot.context }] },
  );
  expect(rates(fleet)).toEqual([0, 2]);
  expect(fleet.managers().map(({ life }) => fleet.details.has(life))).toEqual([false, true]);
});

test("what was known of its managers goes with a host", () => {
  const details = [{ id: "lamp/a#1", context: lamp(5).snapshot.context }];
  const fleet = fleetWith(whole("first", 8_000, 1), { instance: "first", seq: 2, at: 8_000, details });
  expect(fleet.details.size).toBe(1);
  fleet.forget("first");
  expect([fleet.details.size, fleet.managers()]).toEqual([0, []]);
});
