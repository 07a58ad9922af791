import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../device/refusal.ts";
import { nexusSimulator } from "../nexus-simulator.ts";
import { nexusPersonalities } from "../personality.ts";

const interfaces = ["Ethernet1/1-3"];
const ids = fc.constantFrom("2", "3-5", "7", "100", "1006", "3970");
const port = fc.constantFrom("e1/1", "e1/2-3", "po5");
const onPort = fc.oneof(
  fc.constantFrom(
    ...["switchport", "no switchport", "switchport mode trunk", "switchport mode access", "shutdown", "no shutdown"],
    ...["description to a host", "no description", "mtu 9216", "channel-group 5", "channel-group 6 mode active"],
    ...["no channel-group", "switchport trunk allowed vlan none", "no switchport trunk allowed vlan"],
    ...["switchport trunk native vlan 7", "switchport access vlan 100", "no switchport access vlan"],
  ),
  fc
    .tuple(fc.constantFrom("", "add ", "remove ", "except "), ids)
    .map((words) => `switchport trunk allowed vlan ${words.join("")}`),
);
const portBlock = fc
  .tuple(port, fc.array(onPort, { minLength: 1, maxLength: 4 }))
  .map(([name, commands]) => [`interface ${name}`, ...commands]);
const line = fc.oneof(
  { arbitrary: portBlock, weight: 10 },
  ids.map((list) => [`vlan ${list}`]),
  ids.map((list) => [`no vlan ${list}`]),
  fc.constantFrom("one", "two").map((name) => ["vlan 7", `name ${name}`]),
  fc.constantFrom("state suspend", "shutdown", "no name").map((command) => ["vlan 100", command]),
  fc.constantFrom(["no interface po5"], ["default interface e1/1"], ["system vlan 400 reserve"], ["feature lacp"]),
);

// Where an access port makes its VLAN, typing it would bring back what was deleted since.
test.each(["n9k", "n6k"] as const)(
  "a running configuration, typed into another %s, makes it the same",
  async (name) => {
    const personality = { ...nexusPersonalities[name], accessMakesVlan: false };
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 40 }), async (blocks) => {
        await using nexus = await nexusSimulator({ interfaces, personality });
        for (const block of blocks) {
          const before = nexus.runningConfig();
          const entries = nexus.audit.entries.length;
          await nexus.cli(block.join(" ; ")).catch((refused) => expect(refused).toBeInstanceOf(Refusal));
          // What the audit says of a change is what the configuration shows of it.
          const changed = nexus.audit.entries.slice(entries).some((entry) => entry.changed);
          if (!changed) expect(nexus.runningConfig()).toBe(before);
        }
        const typed = nexus
          .runningConfig()
          .split("\n")
          .filter((text) => text !== "" && !/^(vdc| +limit-resource)/.test(text));
        await using other = await nexusSimulator({ interfaces, personality });
        await other.cli(typed.join("\n"));
        expect(other.runningConfig()).toBe(nexus.runningConfig());
        for (const show of [
          "vlan",
          "interface switchport",
          "interface status",
          "interface trunk",
          "port-channel summary",
        ]) {
          expect(await other.cli(`show ${show}`)).toBe(await nexus.cli(`show ${show}`));
        }
      }),
      { numRuns: 15 },
    );
  },
);
