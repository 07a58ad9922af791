import { check, until } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const reload: Step = {
  name: "reload",
  title: "Reload a switch that has not saved its configuration",
  async run(house, tell) {
    const { a } = house.switches;
    const before = a.runningConfig();
    check(a.unsaved, "switch-a has saved what it was told");
    await a.reload();
    const { audit } = a;
    const sent = () => audit.commands({ who: "api", kind: "configure" });
    audit.clear();
    check(!a.runningConfig().includes("rv-"), "switch-a still knows our VLANs");
    tell.say("switch-a came back as its operator had saved it, without our VLANs");
    await until("switch-a to be told everything again", () => a.runningConfig() === before || undefined, 120_000);
    tell.say(`nobody asked for it: its manager sent ${sent().length} commands, and line by line all is as it was`);
  },
};
