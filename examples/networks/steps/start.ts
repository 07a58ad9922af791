import { check } from "@reeve/example-telling";
import { managers } from "../house.ts";
import type { Step } from "../step.ts";

export const start: Step = {
  name: "start",
  title: "One supervisor: flat and VLAN networks on Linux, VLANs on two switches",
  async run(house, tell) {
    const { pid } = await house.start();
    for (const [place, address] of Object.entries(managers)) {
      const { foreign, unaccounted } = await house.network.at(address).rescan({});
      check(unaccounted.length === 0, `${address} has ${unaccounted.join()}`);
      tell.say(`${address} sees ${foreign.map(({ what }) => what).join(", ") || "nothing in its way"}`);
      check(
        place !== "lan" || foreign.length === 0,
        `${address}: ${foreign.map(({ what, why }) => `${what}: ${why}`).join()}`,
      );
    }
    tell.say(`process ${pid} serves all four; they share one store`);
  },
};
