import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const attach: Step = {
  name: "attach",
  title: "Attach ports to this kernel, and ping",
  async run(house, tell) {
    for (const name of ["desk", "printer"]) await house.attach(name, "lan");
    for (const name of ["blue-1", "blue-2", "green-1"]) await house.attach(name, "rack");
    await house.mustReach("desk", "printer", tell);
    await house.mustReach("blue-1", "blue-2", tell);
    // Blue's second address is nobody's in green.
    check(!(await house.reaches("green-1", "blue-2")), "green reaches blue");
    tell.say("green-1 does not reach blue-2, though it is in the same subnet by its address");
  },
};
