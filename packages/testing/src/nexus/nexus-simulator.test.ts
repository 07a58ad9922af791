import { expect, test } from "vitest";
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
