import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { nexusSimulator } from "./nexus-simulator.ts";
import { NxApiClient } from "./nxapi-client.test-kit.ts";

const saved = "vlan 7 ; name voice ; interface e1/1 ; switchport ; switchport access vlan 7";

test("a reload loses what was not saved: its port refuses, then answers with half of it, then has its startup configuration", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1"], configuration: saved });
  const client = new NxApiClient(nexus);
  await client.rpc(["vlan 8"]);
  const { url } = nexus;
  await nexus.halt();
  expect(nexus.phase).toBe("off");
  await expect(client.rpc(["show vlan"])).rejects.toThrow("ECONNREFUSED");
  await expect(nexus.cli("vlan 9")).rejects.toThrow("went down");

  await nexus.boot();
  expect(nexus.url).toBe(url);
  const early = await client.rpc(["show vlan brief"]);
  expect(early.result.body.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief["vlanshowbr-vlanid"]).toBe("1");
  expect((await client.rpc(["show interface status"])).result.body).toEqual({});
  expect((await client.rpc(["vlan 9"])).error.data.msg).toContain("not ready");
  expect((await client.rpc(["copy running-config startup-config"])).error.data.msg).toContain("not ready");

  nexus.settle();
  expect(nexus.unsaved).toBe(false);
  expect(nexus.runningConfig()).toBe(nexus.startupConfig());
  const vlans = (await client.rpc(["show vlan brief"])).result.body.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
  expect(vlans.map((row: Record<string, unknown>) => row["vlanshowbr-vlanname"])).toEqual(["default", "voice"]);
});

test("while it starts, some platforms show their interfaces without their configuration", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1"],
    personality: "n6k",
    configuration: "interface e1/1 ; switchport mode trunk ; switchport trunk allowed vlan none",
  });
  await nexus.halt();
  await nexus.boot();
  const text = await new NxApiClient(nexus).ascii("show running-config interface");
  expect(text).toMatch(/\n\ninterface Ethernet1\/1\n$/);
  nexus.settle();
  expect(nexus.runningConfig()).toContain("allowed vlan none");
});

test("the uptime tells of it", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, uptimeMs: 90_061_000 });
  const uptime = async () => {
    const { body } = (await new NxApiClient(nexus).rpc(["show version"])).result;
    return [body.kern_uptm_days, body.kern_uptm_hrs, body.kern_uptm_mins, body.kern_uptm_secs];
  };
  expect(await uptime()).toEqual([1, 1, 1, 1]);
  await clock.advance(5_000);
  expect(await uptime()).toEqual([1, 1, 1, 6]);
  await nexus.reload();
  expect(await uptime()).toEqual([0, 0, 0, 0]);
});

test("it takes its time, and somebody who asks again meanwhile waits for the same", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { boot: 180_000, settle: 60_000 } });
  const first = nexus.reload();
  const second = nexus.reload();
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(179_999);
  expect(nexus.phase).toBe("off");
  await clock.advance(1);
  await expect.poll(() => nexus.phase).toBe("starting");
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(60_000);
  await Promise.all([first, second]);
  expect(nexus.phase).toBe("ready");
});

test("the command reloads it too", async () => {
  await using nexus = await nexusSimulator();
  await nexus.cli("vlan 7");
  await nexus.cli("reload");
  await expect.poll(() => nexus.phase).toBe("ready");
  expect(nexus.unsaved).toBe(false);
  expect(nexus.runningConfig()).toContain("\nvlan 1\n");
});

test("a switch that was closed while it was down stays closed", async () => {
  const clock = new ManualClock();
  const nexus = await nexusSimulator({ clock, delays: { boot: 1_000 } });
  const reloading = nexus.reload();
  await expect.poll(() => clock.pending).toBe(1);
  await nexus.close();
  await clock.advance(1_000);
  await reloading;
  await expect(new NxApiClient(nexus).rpc(["show vlan"])).rejects.toThrow("ECONNREFUSED");
});

test("what was under way has no effect after it, and keeps nobody waiting", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { configure: 100 } });
  const client = new NxApiClient(nexus);
  const hold = nexus.faults.hold("execution", { command: /^vlan 6$/ });
  const held = expect(client.rpc(["vlan 6"])).rejects.toThrow();
  await hold.reached;
  const begun = [7, 8, 9].map((id) => expect(nexus.cli(`vlan ${id}`)).rejects.toThrow("went down"));
  await expect.poll(() => clock.pending).toBeGreaterThan(0);
  await nexus.reload();
  hold.release();
  const next = nexus.cli("vlan 10");
  await clock.advance(100);
  await next;
  await clock.advance(1_000);
  await Promise.all([held, ...begun]);
  expect(nexus.audit.commands()).toEqual(["vlan 10"]);
});
