import { check } from "@reeve/example-telling";
import { managers } from "../house.ts";
import { ipLines, linksOf } from "../kernel.ts";
import type { Step } from "../step.ts";

export const wipe: Step = {
  name: "wipe",
  title: "Delete a namespace and a whole bridge by hand",
  async run(house, tell) {
    const bridges = (await linksOf(7239)).filter((name) => name.startsWith("rvb"));
    const wiped = bridges.map((name) => `link del dev ${name}`);
    await ipLines(`netns del ${house.namespace("blue-2")}`, ...wiped);
    check(!(await house.reaches("blue-1", "blue-2")), "nothing was lost");
    tell.say(`${bridges.join()} and the namespace of blue-2 are gone`);
    const { repaired, failed, foreign } = await house.network.at(managers.rack).rescan({});
    check(failed.length === 0, `not repaired: ${failed.map(({ why }) => why).join()}`);
    check(foreign.length === 0, `in the way: ${foreign.map(({ what, why }) => `${what}: ${why}`).join()}`);
    tell.say(`${repaired.length} ports were repaired`);
    await house.mustReach("blue-1", "blue-2", tell);
    check(!(await house.reaches("green-1", "blue-2")), "green reaches blue");
  },
};
