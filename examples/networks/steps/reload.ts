import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const reload: Step = {
  name: "reload",
  title: "Reload a switch that has not saved its configuration",
  async run(house, tell) {
    const { a } = house.switches;
    house.carriedBefore = a.runningConfig();
    check(a.unsaved, "switch-a has saved what it was told");
    await a.reload();
    a.audit.clear();
    check(!a.runningConfig().includes("rv-"), "switch-a still knows our VLANs");
    tell.say("switch-a came back as its operator had saved it, without our VLANs");
  },
};
