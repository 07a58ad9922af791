import { markOf } from "@reeve/driver-sdk/network";
import { describe, expect, test } from "vitest";
import { at, port, SwitchUnderTest } from "./switch-under-test.ts";

const trunk = ["switchport", "switchport mode trunk"];

/** How an operator has left Ethernet1/1, and why nothing is attached there. */
const refused: readonly (readonly [
  what: string,
  configuration: string,
  tagging: "tagged" | "untagged",
  why: RegExp,
])[] = [
  ["a trunk that lets all through", "interface e1/1 ; switchport ; switchport mode trunk", "tagged", /all VLANs/],
  [
    "an access port of others",
    "vlan 20 ; interface e1/1 ; switchport ; switchport access vlan 20",
    "tagged",
    /access port of VLAN 20/,
  ],
  [
    "an access port of others",
    "vlan 20 ; interface e1/1 ; switchport ; switchport access vlan 20",
    "untagged",
    /access port of VLAN 20/,
  ],
  [
    "a trunk with members, for an untagged network",
    "interface e1/1 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 20",
    "untagged",
    /trunk that carries VLANs/,
  ],
  [
    "a member of a port channel",
    "interface e1/1 ; switchport ; channel-group 7 force mode active",
    "tagged",
    /member of port-channel7/,
  ],
  [
    "a trunk whose native VLAN it would be",
    "interface e1/1 ; switchport ; switchport mode trunk ; switchport trunk native vlan 100 ; switchport trunk allowed vlan none",
    "tagged",
    /native VLAN/,
  ],
  [
    "an access port with a list",
    "interface e1/1 ; switchport ; switchport trunk allowed vlan 20",
    "untagged",
    /list of VLANs/,
  ],
];

describe("a port that is not as it has to be is refused, and stays as it is", () => {
  test.each(refused)("%s", async (_what, configuration, tagging, why) => {
    await using under = await SwitchUnderTest.open({ nexus: { configuration } });
    await under.ensure("net-a", 100);
    const before = under.section("interface Ethernet1/1");
    under.nexus.audit.clear();
    await expect(under.attach(port("p1", "net-a", 100, at(1, tagging)))).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringMatching(why),
      data: { what: "Ethernet1/1", where: new URL(under.nexus.url).host },
    });
    expect(under.section("interface Ethernet1/1")).toEqual(before);
    expect(under.configured()).toEqual([]);
  });
});

test.each(["tagged", "untagged"] as const)(
  "a routed port is never up in VLAN 1 when it gets a %s network, whichever command is refused",
  async (tagging) => {
    await using under = await SwitchUnderTest.open();
    await under.ensure("net-a", 100);
    const commands = await under.plan({ change: "attach", ...port("p1", "net-a", 100, at(1, tagging)) });
    const carriesVlan1 = () => {
      const lines = under.section("interface Ethernet1/1");
      const isAccess =
        lines.includes("switchport") &&
        !lines.includes("switchport mode trunk") &&
        !lines.includes("switchport access vlan 100");
      const opened = lines.includes("switchport mode trunk") && !lines.some((line) => line.includes("allowed vlan"));
      return !lines.includes("shutdown") && (isAccess || opened);
    };
    const leaks: string[] = [];
    under.nexus.faults.before(/./, (command) => void (carriesVlan1() && leaks.push(command)), {
      times: Number.MAX_SAFE_INTEGER,
    });
    for (const command of commands.filter((one) => one !== "exit")) {
      const refusal = under.nexus.faults.refuse(new RegExp(`^${command}$`), "ERROR: refused by the test");
      await under.attach(port("p1", "net-a", 100, at(1, tagging))).catch(() => {});
      refusal.stop();
    }
    await under.attach(port("p1", "net-a", 100, at(1, tagging)));
    const access = ["switchport", "switchport access vlan 100", "switchport trunk allowed vlan none"];
    const tagged = [...trunk, "switchport trunk allowed vlan 100"];
    expect(under.section("interface Ethernet1/1")).toEqual(tagging === "tagged" ? tagged : access);
    expect(leaks).toEqual([]);
  },
);

test("an untagged port that is detached carries nothing and stays up; one that is shut down comes up when it gets its first network", async () => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  const one = port("p1", "net-a", 100, at(1, "untagged"));
  await under.attach(one);
  await under.nexus.cli("interface e1/1 ; shutdown");
  await under.attach(one);
  expect(under.section("interface Ethernet1/1")).toContain("shutdown");
  await under.detach(one);
  expect(under.section("interface Ethernet1/1")).toEqual([...trunk, "switchport trunk allowed vlan none", "shutdown"]);
  await under.attach(one);
  expect(under.section("interface Ethernet1/1")).not.toContain("shutdown");
});

test("a trunk with members of others gets and loses ours only", async () => {
  await using under = await SwitchUnderTest.open({
    nexus: {
      configuration: "interface e1/1 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 20,30-35",
    },
  });
  await under.ensure("net-a", 100);
  await under.attach(port("p1", "net-a", 100));
  expect(under.section("interface Ethernet1/1")).toEqual([...trunk, "switchport trunk allowed vlan 20,30-35,100"]);
  await under.detach(port("p1", "net-a", 100));
  expect(under.section("interface Ethernet1/1")).toEqual([...trunk, "switchport trunk allowed vlan 20,30-35"]);
});

test("a port channel is configured in place of its members", async () => {
  await using under = await SwitchUnderTest.open({
    nexus: {
      configuration:
        "interface e1/9-10 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan none ; channel-group 20 mode active",
    },
    options: { interfaces: ["port-channel20"] },
  });
  await under.ensure("net-a", 100);
  const one = port("p1", "net-a", 100, {
    point: { kind: "switchport", interface: "port-channel20", tagging: "tagged" },
  });
  await under.attach(one);
  expect((await under.list()).attachments).toMatchObject([{ point: one.point }]);
  await under.detach(one);
  await under.remove("net-a", 100);
  expect(await under.list()).toMatchObject({ segments: [], attachments: [], foreign: [] });
});

test("an interface that the options do not name is FAILED_PRECONDITION, one that the switch lacks NOT_FOUND and listed", async () => {
  await using under = await SwitchUnderTest.open({ options: { interfaces: ["Ethernet1/1", "Ethernet9/9"] } });
  await under.ensure("net-a", 100);
  await expect(under.attach(port("p1", "net-a", 100, at(2)))).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  const absent = { kind: "switchport", interface: "Ethernet9/9", tagging: "tagged" } as const;
  await expect(under.attach(port("p1", "net-a", 100, { point: absent }))).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect((await under.list()).foreign).toEqual([{ what: "Ethernet9/9", why: "the switch has no such interface" }]);
});

test("a VLAN with another name, or with a foreign port that waits for it, is never taken", async () => {
  await using under = await SwitchUnderTest.open({
    nexus: {
      configuration: "vlan 100 ; name voice ; vlan 101 ; interface e1/9 ; switchport ; switchport access vlan 102",
    },
  });
  await under.nexus.cli("no vlan 102");
  for (const vlanId of [100, 101, 102])
    await expect(under.ensure("net-a", vlanId)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  expect(under.configured()).toEqual([]);
  expect((await under.list()).foreign.map(({ what }) => what)).toEqual(["VLAN 100 (voice)", "VLAN 101 (VLAN0101)"]);
});

test("a VLAN with foreign access ports is left to them without our name when its network is removed", async () => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  await under.nexus.cli("interface e1/9 ; switchport ; switchport access vlan 100");
  await under.remove("net-a", 100);
  expect(under.nexus.runningConfig()).not.toContain(`rv-${markOf("net-a")}`);
  expect(under.nexus.runningConfig()).toMatch(/^vlan 1,100$/m);
  await expect(under.ensure("net-b", 100)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
});

test("a VLAN that is gone while a port still has it is not free: the next network of that id would have the port", async () => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  await under.attach(port("p1", "net-a", 100));
  await under.nexus.cli("no vlan 100");
  await expect(under.remove("net-a", 100)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  await under.detach(port("p1", "net-a", 100));
  await under.remove("net-a", 100);
  expect(under.section("interface Ethernet1/1")).toEqual([...trunk, "switchport trunk allowed vlan none"]);
});

test("what the switch reserves now, and after its next restart, is neither usable nor used", async () => {
  await using under = await SwitchUnderTest.open({ nexus: { configuration: "system vlan 400 reserve" } });
  const { usable, reserved } = await under.ranges();
  expect({ usable, reserved }).toEqual({
    usable: [
      [2, 399],
      [528, 3967],
    ],
    reserved: [
      [1, 1],
      [400, 527],
      [3968, 4094],
    ],
  });
  await expect(under.ensure("net-a", 450)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  // Another block after the next restart of the switch, in the same session.
  await under.nexus.cli("no system vlan 400 reserve");
  await under.save();
  await under.nexus.cli("copy running-config startup-config");
  await under.reload();
  await under.ensure("net-a", 450);
  expect((await under.ranges()).usable).toEqual([[2, 3967]]);
});

test.each([
  ["detach", "no switchport access vlan"],
  ["attach", "switchport mode access"],
] as const)("a port whose %s stopped at %j keeps no VLAN in waiting once it is detached", async (stopped, command) => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  const spec = port("p1", "net-a", 100, at(5, "untagged"));
  // Parked, as it is before its next attachment.
  await under.attach(spec);
  await under.detach(spec);
  const parked = under.section("interface Ethernet1/5");
  const again = { ...spec, generation: 2 };
  if (stopped === "detach") await under.attach(again);
  under.nexus.faults.refuse(new RegExp(`^${command}$`), "ERROR: refused by the test");
  await expect(under[stopped](again)).rejects.toThrow(/refused by the test/);
  expect(under.section("interface Ethernet1/5")).toContain("switchport access vlan 100");
  await under.detach(again);
  expect(under.section("interface Ethernet1/5")).toEqual(parked);
  await under.remove("net-a", 100);
});
