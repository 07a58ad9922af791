import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";

/** The VLAN part of the running configuration. */
const vlans = (config: string) => config.slice(config.indexOf("vlan 1"), config.indexOf("\n\ninterface"));

test("a VLAN is made by entering it, and entering it again changes nothing", async () => {
  await using nexus = await nexusSimulator();
  await nexus.cli("vlan 7 ; name voice ; vlan 9-10");
  const once = nexus.runningConfig();
  expect(vlans(once)).toBe("vlan 1,7,9-10\nvlan 7\n  name voice");
  await nexus.cli("vlan 7");
  await nexus.cli("vlan 9,10");
  expect(nexus.runningConfig()).toBe(once);
  expect(nexus.audit.entries.map(({ changed }) => changed)).toEqual([true, true, true, false, false]);
});

test.each([
  ["vlan 4095", "% Invalid value/range"],
  ["vlan 0", "% Invalid value/range"],
  ["vlan 3968", "reserved"],
  ["vlan 4094", "reserved"],
  ["vlan 3960-3970", "reserved"],
  ["no vlan 1", "Cannot delete default VLAN 1"],
  ["vlan 1 ; name mine", "cannot be renamed"],
  [`vlan 7 ; name ${"n".repeat(33)}`, "max length of (32)"],
  ["vlan 7 ; name two words", "% Invalid command"],
  ["vlan 7 ; name same ; vlan 8 ; name same", "VLAN with the same name exists"],
  ["vlan 7 ; name default", "VLAN with the same name exists"],
  ["vlan 7 ; vlan 8 ; name VLAN0007", "VLAN with the same name exists"],
  ["vlan 7-8 ; name both", "single VLAN"],
  ["name nowhere", "% Invalid command"],
])("%j is refused: %s", async (commands, words) => {
  await using nexus = await nexusSimulator();
  await expect(nexus.cli(commands)).rejects.toThrow(words);
  expect(nexus.audit.entries.at(-1)).toMatchObject({ changed: false, refused: expect.stringContaining(words) });
});

test("a range with a reserved id makes none of its VLANs", async () => {
  await using nexus = await nexusSimulator();
  const before = nexus.runningConfig();
  await expect(nexus.cli("vlan 3967-3968")).rejects.toThrow("VLAN 3968 is reserved");
  expect(nexus.runningConfig()).toBe(before);
});

test("long names are taken once the switch has them on", async () => {
  await using nexus = await nexusSimulator();
  await nexus.cli(`system vlan long-name ; vlan 7 ; name ${"n".repeat(128)}`);
  await expect(nexus.cli(`vlan 8 ; name ${"m".repeat(129)}`)).rejects.toThrow("max length of (128)");
});

test("the hardware has room for so many, and a range that is one too long makes none", async () => {
  await using nexus = await nexusSimulator({ personality: { maxVlans: 4 } });
  await nexus.cli("vlan 2-3");
  await expect(nexus.cli("vlan 4-5")).rejects.toThrow("resource limit");
  await nexus.cli("vlan 4");
  await nexus.cli("vlan 2-4");
  await expect(nexus.cli("vlan 5")).rejects.toThrow("resource limit");
  expect(await nexus.cli("show resource")).toMatch(/vlan +16 +4 +4 +0 +0/);
});

test("ports stay on a VLAN that is deleted, and have it back when it is made again", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1"],
    configuration: "vlan 100 ; interface e1/1 ; switchport ; switchport access vlan 100",
  });
  await nexus.cli("no vlan 100");
  expect(await nexus.cli("show interface e1/1 switchport")).toContain("Access Mode VLAN: 100 (Vlan not created)");
  await nexus.cli("vlan 100");
  expect(await nexus.cli("show interface e1/1 switchport")).toContain("Access Mode VLAN: 100 (VLAN0100)");
  expect(await nexus.cli("show vlan id 100")).toContain("Eth1/1");
});

test("deleting a VLAN that is absent is accepted or refused, as the platform does", async () => {
  await using n9k = await nexusSimulator();
  await n9k.cli("no vlan 7");
  await using n6k = await nexusSimulator({ personality: "n6k" });
  await expect(n6k.cli("no vlan 7-8")).rejects.toThrow("None of the VLANs exist");
  await n6k.cli("vlan 7");
  await n6k.cli("no vlan 7-8");
});

test("a VLAN is suspended and shut down apart from its configuration; extended ones not everywhere", async () => {
  await using n9k = await nexusSimulator();
  await n9k.cli("vlan 7 ; state suspend ; shutdown");
  expect(vlans(n9k.runningConfig())).toBe("vlan 1,7\nvlan 7\n  shutdown\n  state suspend");
  await n9k.cli("vlan 7 ; state active ; no shutdown");
  expect(vlans(n9k.runningConfig())).toBe("vlan 1,7");
  await using n6k = await nexusSimulator({ personality: "n6k" });
  await n6k.cli("vlan 1005 ; state suspend");
  await expect(n6k.cli("vlan 1006 ; state active")).rejects.toThrow("extended");
});

test("the reserved block moves with the next start, if it was saved", async () => {
  await using nexus = await nexusSimulator();
  expect(await nexus.cli("show system vlan reserved")).toBe("system current running vlan reservation: 3968-4095");
  await nexus.cli("system vlan 400 reserve");
  expect(await nexus.cli("show system vlan reserved")).toContain("system future running vlan reservation: 400-527");
  await nexus.cli("vlan 400 ; no vlan 400");
  await nexus.reload();
  await nexus.cli("vlan 400 ; no vlan 400 ; system vlan 400 reserve ; copy running-config startup-config");
  await nexus.reload();
  expect(await nexus.cli("show system vlan reserved")).toBe("system current running vlan reservation: 400-527");
  await expect(nexus.cli("vlan 527")).rejects.toThrow("reserved");
  await nexus.cli("vlan 399,528,3968");
  await expect(nexus.cli("vlan 4093")).rejects.toThrow("reserved");
});

test("a VLAN that another client deleted while one was in it is made again by the next command there", async () => {
  await using nexus = await nexusSimulator();
  nexus.faults.before(/^name/, () => nexus.cli("no vlan 7"));
  const client = new NxApiClient(nexus);
  await client.rpc(["vlan 7", "name voice"]);
  expect(vlans(nexus.runningConfig())).toBe("vlan 1,7\nvlan 7\n  name voice");
});
