import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";

/** An interface's block of the running configuration. */
const block = (config: string, name: string) =>
  config.split("\n\n").find((part) => part.startsWith(`interface ${name}\n`));

test("a port is routed until it is made a switch port, and refuses what belongs to one", async () => {
  await using nexus = await nexusSimulator();
  await expect(nexus.cli("interface e1/1 ; switchport mode trunk")).rejects.toThrow("L3 port");
  await nexus.cli("interface e1/1 ; switchport ; switchport mode trunk");
  expect(block(nexus.runningConfig(), "Ethernet1/1")).toBe(
    "interface Ethernet1/1\n  switchport\n  switchport mode trunk",
  );
});

test("changing between routed and switched forgets the VLANs, and `switchport` on a switch port nothing", async () => {
  await using nexus = await nexusSimulator({
    configuration:
      "interface e1/1 ; description up ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 7",
  });
  const before = nexus.runningConfig();
  await nexus.cli("interface e1/1 ; switchport");
  expect(nexus.runningConfig()).toBe(before);
  await nexus.cli("interface e1/1 ; no switchport ; switchport");
  expect(block(nexus.runningConfig(), "Ethernet1/1")).toBe("interface Ethernet1/1\n  description up\n  switchport");
});

test("where ports are switch ports by default, the configuration shows what is not", async () => {
  await using nexus = await nexusSimulator({ personality: "n6k", interfaces: ["Ethernet1/1-2"] });
  await nexus.cli("interface e1/1 ; no switchport ; interface e1/2 ; switchport mode trunk");
  const config = nexus.runningConfig();
  expect(block(config, "Ethernet1/1")).toBe("interface Ethernet1/1\n  no switchport");
  expect(config).toContain("interface Ethernet1/2\n  switchport mode trunk\n");
});

test("several interfaces are configured at once, all or none", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1-4"] });
  await nexus.cli("interface e1/1-2, e1/4 ; switchport ; description three");
  expect(nexus.runningConfig().match(/description three/g)).toHaveLength(3);
  const before = nexus.runningConfig();
  await expect(nexus.cli("interface e1/1-3 ; switchport mode trunk")).rejects.toThrow("L3 port");
  expect(nexus.runningConfig()).toBe(before);
});

test.each([
  "interface e1/99",
  "interface loopback0",
  "no interface e1/1",
  "default interface e1/99",
  "interface e1/1 ; mtu 99",
])("%j is refused", async (command) => {
  await using nexus = await nexusSimulator();
  await expect(nexus.cli(command)).rejects.toThrow(/Invalid/);
});

test("members of a port channel refuse configuration, and have what the port channel has", async () => {
  await using nexus = await nexusSimulator({
    interfaces: ["Ethernet1/1-2"],
    configuration:
      "interface po10 ; switchport mode trunk ; switchport trunk allowed vlan 7 ; interface e1/1-2 ; switchport ; channel-group 10 mode active",
  });
  expect(block(nexus.runningConfig(), "Ethernet1/1")).toBe(
    "interface Ethernet1/1\n  switchport\n  switchport mode trunk\n  switchport trunk allowed vlan 7\n  channel-group 10 mode active",
  );
  for (const refused of [
    "switchport mode access",
    "switchport trunk allowed vlan add 8",
    "no switchport",
    "mtu 9000",
  ]) {
    await expect(nexus.cli(`interface e1/1 ; ${refused}`)).rejects.toThrow(
      "port already in a port-channel, no config allowed",
    );
  }
  await nexus.cli("interface po10 ; switchport trunk allowed vlan add 8");
  expect(nexus.runningConfig().match(/allowed vlan 7-8/g)).toHaveLength(3);
  await nexus.cli(
    "interface e1/1 ; description free ; shutdown ; no channel-group ; switchport trunk allowed vlan none",
  );
  expect(nexus.runningConfig().match(/allowed vlan 7-8/g)).toHaveLength(2);
});

test("a port channel is made by entering it or by its first member, and its members are free when it goes", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1"] });
  await nexus.cli("interface e1/1 ; switchport ; switchport mode trunk ; channel-group 20");
  expect(block(nexus.runningConfig(), "port-channel20")).toContain("switchport mode trunk");
  expect(await nexus.cli("show port-channel summary")).toContain("Po20(SU)");
  await nexus.cli("no interface po20");
  await nexus.cli("interface e1/1 ; switchport mode access");
  expect(nexus.runningConfig()).not.toContain("channel");
});

test("a port that is reset has nothing of its configuration", async () => {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1"] });
  const before = nexus.runningConfig();
  await nexus.cli("interface e1/1 ; switchport ; description up ; mtu 9216 ; shutdown");
  await nexus.cli("default interface e1/1");
  expect(nexus.runningConfig()).toBe(before);
});
