import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const start: Step = {
  name: "start",
  title: "Start a supervisor, a scheduler and three backends",
  async run(house, tell) {
    await house.start();
    const { inspectorUrl } = house.supervisor;
    if (inspectorUrl) tell.say(`watch it live: ${inspectorUrl}`);
    const managers = house.supervisor.managers();
    tell.table(
      ["manager", "address", "state"],
      managers.map(({ manager, address, status }) => [manager, address, status.phase ?? status.state]),
    );
    const waiting = managers.filter(({ status }) => status.phase !== "ready");
    check(managers.length === 4, `${managers.length} managers run instead of 4`);
    check(waiting.length === 0, `not ready: ${waiting.map(({ address }) => address).join(", ")}`);
  },
};
