import { expect, test } from "vitest";
import { type NexusSimulator, nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";
import type { NexusPersonalityName } from "../personality.ts";

const body = async (nexus: NexusSimulator, command: string) =>
  (await new NxApiClient(nexus).rpc([command])).result.body;

test("one row is an object, several are an array, none is no key", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1-2"] });
  expect((await body(nexus, "show vlan")).TABLE_vlanbrief.ROW_vlanbrief).toHaveProperty(
    "vlanshowbr-vlanname",
    "default",
  );
  expect(await body(nexus, "show interface trunk")).toEqual({});
  await nexus.cli("vlan 7");
  expect((await body(nexus, "show vlan")).TABLE_vlanbrief.ROW_vlanbrief).toHaveLength(2);
  expect((await body(nexus, "show vlan id 7")).TABLE_vlanbriefid.ROW_vlanbriefid["vlanshowbr-vlanid-utf"]).toBe("7");
  expect((await new NxApiClient(nexus).rpc(["show vlan id 8"])).error.data.msg).toContain("VLAN 8 not found");
});

test.each<[NexusPersonalityName, id: unknown, utf: unknown]>([
  ["n9k", "7", "7"],
  ["n6k", 7, 7],
  ["swapped", "117440512", "7"],
])("%s writes the id of VLAN 7 as %j, and as %j", async (personality, id, utf) => {
  await using nexus = await nexusSimulator({ personality, configuration: "vlan 7" });
  const [, row] = (await body(nexus, "show vlan brief")).TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
  expect([row["vlanshowbr-vlanid"], row["vlanshowbr-vlanid-utf"]]).toEqual([id, utf]);
});

test("a port list is split after 64 ports, absent without any, and has ranges on some platforms", async () => {
  const access = "interface e1/1-70 ; switchport ; switchport access vlan 7 ; vlan 8";
  await using n9k = await nexusSimulator({ interfaces: ["Ethernet1/1-70"], configuration: access });
  const [, seven, eight] = (await body(n9k, "show vlan brief")).TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
  const parts: string[] = seven["vlanshowplist-ifidx"];
  expect(parts.map((part) => part.split(",").length)).toEqual([64, 6]);
  expect(eight).not.toHaveProperty("vlanshowplist-ifidx");
  await using n6k = await nexusSimulator({ interfaces: ["Ethernet1/1-70"], personality: "n6k" });
  const row = (await body(n6k, "show vlan brief")).TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
  expect(row["vlanshowplist-ifidx"]).toEqual(["Ethernet1/1-64", "Ethernet1/65-70"]);
});

test("a trunk is listed at the VLANs that it allows, a routed port at none", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1-3"],
    configuration:
      "vlan 7-8 ; interface e1/1-2 ; switchport ; switchport mode trunk ; interface e1/2 ; switchport trunk allowed vlan 7",
  });
  const rows = (await body(nexus, "show vlan brief")).TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
  expect(rows.map((row: Record<string, unknown>) => row["vlanshowplist-ifidx"])).toEqual([
    "Ethernet1/1",
    "Ethernet1/1,Ethernet1/2",
    "Ethernet1/1",
  ]);
});

test("a port that is down lies about its mode; its configuration does not", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1"],
    configuration: "vlan 7 ; interface e1/1 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 7,9",
  });
  const row = async () => (await body(nexus, "show interface e1/1 switchport")).TABLE_interface.ROW_interface;
  expect(await row()).toEqual({
    interface: "Ethernet1/1",
    switchport: "Enabled",
    switchport_monitor: "Not enabled",
    oper_mode: "trunk",
    access_vlan: "1",
    access_vlan_name: "default",
    native_vlan: "1",
    native_vlan_name: "default",
    trunk_vlans: "7,9",
  });
  nexus.unplug("e1/1");
  expect(await row()).toMatchObject({ oper_mode: "down" });
  expect(nexus.runningConfig()).toContain("switchport mode trunk");
  nexus.plug("e1/1");
  expect(await row()).toMatchObject({ oper_mode: "trunk" });
});

test("a trunk has a row in each of four tables; it forwards what exists and is in service", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1-3"],
    configuration:
      "vlan 7-9 ; vlan 9 ; state suspend ; interface e1/1 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 7,9,10 ; interface e1/2 ; switchport ; switchport mode trunk ; channel-group 5",
  });
  expect(await body(nexus, "show interface e1/1 trunk")).toEqual({
    TABLE_interface: {
      ROW_interface: { interface: "Ethernet1/1", native: "1", status: "trunking", portchannel: "--" },
    },
    TABLE_allowed_vlans: { ROW_allowed_vlans: { interface: "Ethernet1/1", allowedvlans: "7,9-10" } },
    TABLE_vtp_pruning: { ROW_vtp_pruning: { interface: "Ethernet1/1", vtppruning_vlans: "none" } },
    TABLE_stp_forward: { ROW_stp_forward: { interface: "Ethernet1/1", stpfwd_vlans: "7" } },
  });
  const { ROW_interface: rows } = (await body(nexus, "show interface trunk")).TABLE_interface;
  expect(rows.map((row: Record<string, unknown>) => [row.interface, row.status, row.portchannel])).toEqual([
    ["port-channel5", "trunking", "--"],
    ["Ethernet1/1", "trunking", "--"],
    ["Ethernet1/2", "trnk-bndl", "Po5"],
  ]);
  expect(await nexus.cli("show interface trunk")).toContain("Po5");
});

test("status and brief tell what a port is and whether it is up", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1-4"],
    configuration:
      "interface e1/2 ; switchport ; switchport access vlan 7 ; description to host ; interface e1/3 ; switchport ; switchport mode trunk ; shutdown",
  });
  nexus.unplug("e1/4");
  const cells = (rows: Record<string, unknown>[], ...keys: string[]) => rows.map((row) => keys.map((key) => row[key]));
  const status = (await body(nexus, "show interface status")).TABLE_interface.ROW_interface;
  expect(cells(status, "state", "vlan", "name")).toEqual([
    ["connected", "routed", undefined],
    ["connected", "7", "to host"],
    ["disabled", "trunk", undefined],
    ["notconnec", "routed", undefined],
  ]);
  const brief = (await body(nexus, "show interface brief")).TABLE_interface.ROW_interface;
  expect(cells(brief, "portmode", "state", "state_rsn_desc")).toEqual([
    ["routed", "up", "none"],
    ["access", "up", "none"],
    ["trunk", "down", "Administratively down"],
    ["routed", "down", "Link not connected"],
  ]);
});

test("the running configuration has a head that tells when it was changed, whole or of a part", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1-2"],
    configuration: "vlan 7,9 ; vlan 9 ; name nine",
  });
  const client = new NxApiClient(nexus);
  const head =
    /^\n!Command: show running-config( .*)?\n!Running configuration last done at: \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\n!Time: /;
  for (const part of ["", " vlan", " vlan 9", " interface", " interface Ethernet1/2"]) {
    expect(await client.ascii(`show running-config${part}`)).toMatch(head);
  }
  expect(await client.ascii("show running-config vlan")).toMatch(/\nvlan 1,7,9\nvlan 9\n {2}name nine\n$/);
  expect(await client.ascii("show running-config vlan 9")).toMatch(/Bios:version\nvlan 9\nvlan 9\n {2}name nine\n$/);
  expect(await client.ascii("show running-config vlan 8")).toMatch(/Bios:version\n$/);
  expect(await client.ascii("show running-config interface e1/2")).toMatch(/\n\ninterface Ethernet1\/2\n$/);
  expect(await client.ascii("show running-config")).toContain("limit-resource vlan minimum 16 maximum 4094");
});

test("only a change moves the time of the last change", async () => {
  await using nexus = await nexusSimulator();
  const changed = async () => /last done at: (.*)/.exec(await nexus.cli("show running-config"))?.[1];
  const before = await changed();
  await nexus.cli("vlan 1 ; show vlan ; copy running-config startup-config");
  expect(await changed()).toBe(before);
  await nexus.cli("vlan 7");
  expect(await changed()).not.toBe(before);
});

test("a VLAN list that is too long for a line goes on in further ones", async () => {
  const ids = Array.from({ length: 60 }, (_, at) => 2 + at * 2).join(",");
  await using nexus = await nexusSimulator({ configuration: `vlan ${ids}` });
  const lines = nexus.runningConfig().match(/(?<=^vlan )\S+$/gm) ?? [];
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join(",")).toBe(`1-2,${ids.slice(2)}`);
});

test("output goes through pipes", async () => {
  await using nexus = await nexusSimulator({ configuration: "vlan 7 ; name voice" });
  const client = new NxApiClient(nexus);
  expect(JSON.parse(await client.ascii("show vlan brief | json"))).toEqual(await body(nexus, "show vlan brief"));
  expect(await client.ascii("show vlan brief | include voice | no-more")).toMatch(/^7 +voice +active$/);
  expect((await client.rpc(["show startup-config | json"])).error.data.msg).toContain("unsupported");
  expect((await client.rpc(["show vlan | sort"])).error.data.msg).toBe("% Invalid command\n");
});
