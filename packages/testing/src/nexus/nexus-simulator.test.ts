import { request } from "node:https";
import { expect, test } from "vitest";
import { Refusal } from "./device/refusal.ts";
import { nexusSimulator } from "./nexus-simulator.ts";
import { NxApiClient } from "./nxapi-client.test-kit.ts";

test("a client that trusts the certificate configures VLANs and ports, and reads them back", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1-2"] });
  const client = new NxApiClient(nexus);
  const answers = await client.rpc([
    "vlan 7",
    "name voice",
    "interface Ethernet1/1",
    "switchport",
    "switchport mode trunk",
    "switchport trunk allowed vlan none",
    "switchport trunk allowed vlan add 7",
  ]);
  expect(answers).toEqual(answers.map((_: unknown, at: number) => ({ jsonrpc: "2.0", result: null, id: at + 1 })));
  const brief = await client.rpc(["show vlan brief"]);
  expect(brief.result.body.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief[1]).toEqual({
    "vlanshowbr-vlanid": "7",
    "vlanshowbr-vlanid-utf": "7",
    "vlanshowbr-vlanname": "voice",
    "vlanshowbr-vlanstate": "active",
    "vlanshowbr-shutstate": "noshutdown",
    "vlanshowplist-ifidx": "Ethernet1/1",
  });
  expect(await client.ascii("show running-config interface Ethernet1/1")).toContain(
    "interface Ethernet1/1\n  switchport\n  switchport mode trunk\n  switchport trunk allowed vlan 7\n",
  );
  expect(nexus.unsaved).toBe(true);
  expect(nexus.audit.commands({ who: "api", kind: "configure" })).toHaveLength(7);
});

test("a client that does not trust the certificate gets nowhere", async () => {
  await using nexus = await nexusSimulator();
  const answer = new Promise((resolve, reject) => {
    request(`${nexus.url}/ins`, { method: "POST" }, resolve).once("error", reject).end();
  });
  await expect(answer).rejects.toThrow("self-signed certificate");
  expect(nexus.audit.requests).toBe(0);
});

test("the operator's client says what the last command said, and stops at the first that is refused", async () => {
  await using nexus = await nexusSimulator();
  expect(await nexus.cli("vlan 7 ; name voice\nshow vlan brief")).toMatch(/^7 +voice/m);
  await expect(nexus.cli("vlan 8 ; bogus ; vlan 9")).rejects.toBeInstanceOf(Refusal);
  expect(nexus.runningConfig()).toContain("vlan 1,7-8\n");
  expect(nexus.audit.commands({ who: "operator", refused: true })).toEqual(["bogus"]);
});

test("the audit forgets when it is told to, and counts on from nothing", async () => {
  await using nexus = await nexusSimulator({ configuration: "vlan 7" });
  expect(nexus.audit.entries).toMatchObject([{ who: "startup", command: "vlan 7", request: 0, changed: true }]);
  const client = new NxApiClient(nexus);
  await client.rpc(["vlan 8"]);
  expect([nexus.audit.requests, nexus.audit.logins]).toEqual([1, 1]);
  nexus.audit.clear();
  expect([nexus.audit.requests, nexus.audit.logins, nexus.audit.entries.length]).toEqual([0, 0, 0]);
  await client.rpc(["vlan 9", "show vlan"]);
  expect(nexus.audit.requests).toBe(1);
  expect(nexus.audit.entries.map(({ request: number, kind }) => [number, kind])).toEqual([
    [2, "configure"],
    [2, "show"],
  ]);
});
