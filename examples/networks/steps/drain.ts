import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const drain: Step = {
  name: "drain",
  title: "Drain on SIGTERM",
  async run({ host }) {
    check(host !== undefined, "there is no supervisor");
    const code = await host.end("SIGTERM");
    check(code === 0, `it ended with ${code}`);
  },
};
