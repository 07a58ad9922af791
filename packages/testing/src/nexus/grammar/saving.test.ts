import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";

const save = "copy running-config startup-config";

test("a save makes the running configuration the startup one, and says so at length", async () => {
  await using nexus = await nexusSimulator();
  await nexus.cli("vlan 7");
  expect(nexus.unsaved).toBe(true);
  const text = await nexus.cli("copy run start");
  expect(text).toMatch(/^\[#+ .*\n[\s\S]*\] 100%\n.*\nCopy complete\.$/);
  expect(nexus.unsaved).toBe(false);
  expect(nexus.startupConfig()).toBe(nexus.runningConfig());
  expect(await nexus.cli("show startup-config")).toContain("vlan 1,7\n");
});

test("two saves at once: the second is refused; what is changed meanwhile is not in the first", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { save: 30_000 } });
  await nexus.cli("vlan 7");
  const saving = nexus.cli(save);
  await expect(nexus.cli(save)).rejects.toThrow("Configuration update aborted");
  await nexus.cli("vlan 8");
  expect(nexus.startupConfig()).not.toContain("vlan 1,7");
  await clock.advance(30_000);
  await saving;
  expect(nexus.startupConfig()).toContain("vlan 1,7\n");
  expect(nexus.unsaved).toBe(true);
  const again = nexus.cli(save);
  await clock.advance(30_000);
  await again;
  expect(nexus.unsaved).toBe(false);
});

test("a save that a loss of power interrupts has saved nothing, and does not keep the next one out", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { save: 30_000 } });
  await nexus.cli("vlan 7");
  const saving = expect(nexus.cli(save)).rejects.toThrow("went down");
  await nexus.halt();
  await nexus.boot();
  await expect(nexus.cli(save)).rejects.toThrow("system not ready");
  nexus.settle();
  await clock.advance(30_000);
  await saving;
  expect(nexus.startupConfig()).not.toContain("vlan 1,7");
  await nexus.cli("vlan 8");
  const again = nexus.cli(save);
  await clock.advance(30_000);
  await again;
  expect(nexus.startupConfig()).toContain("vlan 1,8\n");
});

test("configuration commands are executed one at a time, whoever gives them", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { configure: 100 } });
  const one = nexus.cli("vlan 7 ; name one");
  const other = nexus.cli("vlan 8 ; name other");
  await clock.advance(100);
  expect(nexus.audit.commands()).toEqual(["vlan 7"]);
  await clock.advance(100);
  expect(nexus.audit.commands()).toEqual(["vlan 7", "vlan 8"]);
  await clock.advance(200);
  await Promise.all([one, other]);
  expect(nexus.audit.entries.map(({ at }) => at - (nexus.audit.entries[0]?.at ?? 0))).toEqual([0, 100, 200, 300]);
});

test("a rollback undoes the operator's work too, where there is one", async () => {
  await using nexus = await nexusSimulator();
  await nexus.cli("vlan 7 ; end ; checkpoint before");
  await nexus.cli("vlan 8");
  await nexus.cli("rollback running-config checkpoint before");
  expect(nexus.runningConfig()).toContain("vlan 1,7\n");
  await expect(nexus.cli("rollback running-config checkpoint other")).rejects.toThrow("Rollback failed.");
  await using older = await nexusSimulator({ personality: "no-rollback" });
  await older.cli("checkpoint before");
  await expect(older.cli("rollback running-config checkpoint before")).rejects.toThrow("Rollback failed.");
});

test("ten checkpoints are kept, and their summary names each", async () => {
  await using nexus = await nexusSimulator({ configuration: "feature bfd" });
  for (let number = 1; number <= 10; number++) await nexus.cli(`checkpoint point-${number}`);
  await expect(nexus.cli("checkpoint point-11")).rejects.toThrow("maximum of 10");
  await nexus.cli("no checkpoint point-10");
  await nexus.cli("checkpoint point-11");
  await nexus.cli("no feature bfd");
  const summary = await nexus.cli("show checkpoint summary");
  expect(summary.match(/^\d+\) .*:$/gm)).toHaveLength(11);
  expect(summary).toContain("System Checkpoint Summary");
});
