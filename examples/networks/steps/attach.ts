import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const attach: Step = {
  name: "attach",
  title: "Attach ports to this kernel, and ping",
  async run(house, tell) {
    await Promise.all([
      ...["desk", "printer"].map((name) => house.attach(name, "lan")),
      ...["blue-1", "blue-2", "green-1"].map((name) => house.attach(name, "rack")),
    ]);
    await Promise.all([house.mustReach("desk", "printer", tell), house.mustReach("blue-1", "blue-2", tell)]);
    // Blue's second address is nobody's in green.
    check(!(await house.reaches("green-1", "blue-2")), "green reaches blue");
    tell.say("green-1 does not reach blue-2, though it is in the same subnet by its address");
  },
};
