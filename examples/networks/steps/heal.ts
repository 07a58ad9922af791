import { until } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const heal: Step = {
  name: "heal",
  title: "Wait until the switch that was reloaded carries everything again",
  async run({ switches: { a }, carriedBefore }, tell) {
    await until("switch-a to be told everything again", () => a.runningConfig() === carriedBefore || undefined);
    const sent = a.audit.commands({ who: "api", kind: "configure" });
    tell.say(`nobody asked for it: its manager sent ${sent.length} commands, and line by line all is as it was`);
  },
};
