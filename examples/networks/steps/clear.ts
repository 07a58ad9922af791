import { check } from "@reeve/example-telling";
import { linksOf, namespaces } from "../kernel.ts";
import type { Step } from "../step.ts";

export const clear: Step = {
  name: "clear",
  title: "Detach and delete everything: nothing is left, and every counter is at zero",
  async run(house, tell) {
    const { network } = house;
    const ports = await house.ports();
    await Promise.all(
      ports.map(async ({ id }) => {
        await network.detach({ portId: id });
        await network.deletePort({ id });
      }),
    );
    for (const name of ["office", "blue", "green"]) {
      const { id } = house.the(name);
      const { ports: left, attached, subnets } = await network.usage({ networkId: id });
      check(left === 0 && attached === 0 && subnets.every(({ used }) => used === "0"), `${name} is not empty`);
      await network.deleteNetwork({ id });
    }
    const links = await linksOf(7238, 7239);
    check(links.length === 0, `there are still ${links.join()}`);
    const left = await namespaces();
    check(left.length === 0, `there are still the namespaces ${left.join()}`);
    for (const [name, { runningConfig, startupConfig }] of Object.entries(house.switchConfigurations()))
      check(runningConfig === startupConfig, `switch-${name} is not as its operator had it:\n${runningConfig}`);
    tell.say(`${ports.length} ports and three networks are gone; the switches are as their operator had them`);
  },
};
