import { expect, test } from "vitest";
import { nexusSimulator } from "./nexus-simulator.ts";
import type { NexusSimulatorOptions } from "./options.ts";
import { scaledClock } from "./scaled-clock.ts";

test.each<[NexusSimulatorOptions, message: string]>([
  [{ personality: "n5k" as never }, "personality: expected one of n9k, n6k"],
  [{ interfaces: ["eth0"] }, 'interfaces: expected such as "Ethernet1/1"'],
  [{ delays: { save: -1 } }, "delays.save: expected milliseconds, got -1"],
  [{ uptimeMs: -1 }, "uptimeMs: expected 0 or more, got -1"],
  [{ hostname: "two words" }, "hostname: expected a host name, got two words"],
  [{ seed: 0.5 }, "seed: expected a whole number, got 0.5"],
  [{ interface: ["Ethernet1/1"] } as never, "interface: expected one of personality, interfaces, "],
  [{ personality: { maxVlan: 3 } as never }, "personality.maxVlan: expected one of chassis, "],
  [{ delays: "slow" as never }, 'delays: expected "none", "device" or milliseconds by name, got "slow"'],
  [{ delays: { boots: 1 } as never }, "delays.boots: expected one of login, "],
  [{ username: "a:b" }, 'username: expected text without a colon, got "a:b"'],
  [{ username: "" }, 'username: expected text without a colon, got ""'],
  [{ password: "" }, "password: expected at least one character"],
])("%j is refused", async (options, message) => {
  await expect(nexusSimulator(options)).rejects.toThrow(message);
});

test("a configuration that the switch refuses does not start", async () => {
  await expect(nexusSimulator({ configuration: "vlan 7 ; vlan 4095" })).rejects.toThrow(
    'configuration: "vlan 4095": % Invalid value/range',
  );
});

test("a scaled clock passes so many times as fast, and its timers with it", () => {
  let now = 1_000;
  const timers: number[] = [];
  const inner = {
    now: () => now,
    wallNow: () => now,
    setTimeout: (_: () => void, ms: number) => timers.push(ms),
    clearTimeout: () => undefined,
  };
  const clock = scaledClock(100, inner);
  const [mono, wall] = [clock.now(), clock.wallNow()];
  now += 5;
  expect(clock.now() - mono).toBe(500);
  expect(clock.wallNow() - wall).toBe(500);
  clock.setTimeout(() => undefined, 30_000);
  expect(timers).toEqual([300]);
  expect(() => scaledClock(0)).toThrow("factor: expected more than 0, got 0");
});
