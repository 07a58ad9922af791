import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";

const trunk = "interface Ethernet1/1 ; switchport ; switchport mode trunk";

/** A switch with one trunk that has been given these commands, and the allowed list that its configuration then says. */
async function allowedAfter(...commands: readonly string[]): Promise<string | undefined> {
  await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1"], configuration: trunk });
  for (const command of commands) await nexus.cli(`interface e1/1 ; ${command}`);
  const lines = nexus.runningConfig().match(/(?<=allowed vlan )(?:add )?\S+/g);
  return lines?.join(" ");
}

const allowed = "switchport trunk allowed vlan";

test("a trunk without a list allows all, and adding to all changes nothing", async () => {
  expect(await allowedAfter()).toBeUndefined();
  expect(await allowedAfter(`${allowed} add 7`)).toBeUndefined();
});

test("a bare list replaces the one before", async () => {
  expect(await allowedAfter(`${allowed} 7-9`, `${allowed} 20`)).toBe("20");
});

test("none empties it, and adding goes on from there", async () => {
  expect(await allowedAfter(`${allowed} 7`, `${allowed} none`)).toBe("none");
  expect(await allowedAfter(`${allowed} none`, `${allowed} add 7,9`, `${allowed} add 8`)).toBe("7-9");
});

test("add and remove are incremental and idempotent", async () => {
  expect(await allowedAfter(`${allowed} 7`, `${allowed} add 7`, `${allowed} remove 99`)).toBe("7");
  expect(await allowedAfter(`${allowed} 7-9`, `${allowed} remove 8`)).toBe("7,9");
  expect(await allowedAfter(`${allowed} 7`, `${allowed} remove 7`)).toBe("none");
});

test("removing from all leaves the others", async () => {
  expect(await allowedAfter(`${allowed} remove 7`)).toBe("1-6,8-4094");
  expect(await allowedAfter(`${allowed} except 7`)).toBe("1-6,8-4094");
  expect(await allowedAfter(`${allowed} remove 7`, `${allowed} add 7`)).toBeUndefined();
});

test.each([`no ${allowed}`, `no ${allowed} 7`, `${allowed} all`, `${allowed} 1-4094`])(
  "%j opens the trunk to all VLANs",
  async (command) => {
    expect(await allowedAfter(`${allowed} 7`, command)).toBeUndefined();
  },
);

test("the list outlasts a time in access mode", async () => {
  expect(await allowedAfter(`${allowed} none`, "switchport mode access", "switchport mode trunk")).toBe("none");
});

test("a list that is too long for a line goes on in lines that add", async () => {
  const ids = Array.from({ length: 60 }, (_, at) => 2 + at * 2).join(",");
  const lines = await allowedAfter(`${allowed} ${ids}`);
  const parts = (lines ?? "").split(" add ");
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join(",")).toBe(ids);
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(80);
});

test.each([`${allowed} 0`, `${allowed} add 4095`, "switchport trunk native vlan 5-6", "switchport access vlan 4095"])(
  "%j is refused and changes nothing",
  async (command) => {
    await using nexus = await nexusSimulator({ configuration: trunk });
    const before = nexus.runningConfig();
    await expect(nexus.cli(`interface e1/1 ; ${command}`)).rejects.toThrow("% Invalid value/range");
    expect(nexus.runningConfig()).toBe(before);
  },
);

test("an access VLAN that is missing is made, or the port waits for it, as the platform does", async () => {
  await using n9k = await nexusSimulator({ interfaces: ["Ethernet1/1"] });
  expect(await n9k.cli("interface e1/1 ; switchport ; switchport access vlan 7")).toContain("Warning");
  expect(await n9k.cli("show interface e1/1 switchport")).toContain("Access Mode VLAN: 7 (VLAN0007)");
  await expect(n9k.cli("interface e1/1 ; switchport access vlan 3970")).rejects.toThrow("reserved");
  await using n6k = await nexusSimulator({ interfaces: ["Ethernet1/1"], personality: "n6k" });
  await n6k.cli("interface e1/1 ; switchport access vlan 7");
  expect(await n6k.cli("show interface e1/1 switchport")).toContain("Access Mode VLAN: 7 (Vlan not created)");
  await n6k.cli("interface e1/1 ; no switchport access vlan");
  expect(await n6k.cli("show interface e1/1 switchport")).toContain("Access Mode VLAN: 1 (default)");
});

test("a native VLAN is set and unset", async () => {
  await using nexus = await nexusSimulator({ configuration: trunk });
  await nexus.cli("interface e1/1 ; switchport trunk native vlan 99");
  expect(nexus.runningConfig()).toContain("  switchport trunk native vlan 99\n");
  await nexus.cli("interface e1/1 ; no switchport trunk native vlan");
  expect(nexus.runningConfig()).not.toContain("native");
});
