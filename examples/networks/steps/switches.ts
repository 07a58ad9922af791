import { check } from "@reeve/example-telling";
import { managers } from "../house.ts";
import type { Step } from "../step.ts";

const trunk = { kind: "switchport", interface: "Ethernet1/1", tagging: "tagged" } as const;

export const switches: Step = {
  name: "switches",
  title: "Carry blue and green on two switches, beside what their operator has there",
  async run(house, tell) {
    const { portId, host } = { portId: house.the("blue-rack-a").id, host: managers.a };
    const { commands } = await house.network.plan({ change: "attach", portId, host, as: trunk });
    check(commands.length > 0, "there is nothing to do");
    tell.say(`would be sent to switch-a: ${commands.join(" ; ")}`);
    for (const { audit } of Object.values(house.switches)) audit.clear();
    await Promise.all([
      house.attach("blue-rack-a", "a", trunk),
      house.attach("green-rack-a", "a", trunk),
      house.attach("blue-rack-b", "b", trunk),
    ]);
    for (const [name, { audit }] of Object.entries(house.switches)) {
      const sent = audit.commands({ who: "api", kind: "configure" });
      const replaced = sent.filter((command) => /allowed vlan (?!add|remove)/.test(command));
      check(replaced.length === 0, `switch-${name} was told to replace a list: ${replaced.join()}`);
      tell.say(`switch-${name} was sent: ${sent.join(" ; ")}`);
    }
    house.mustCarry("a", ["blue", "green"]);
    house.mustCarry("b", ["blue"]);
  },
};
