import { check, until } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const start: Step = {
  name: "start",
  title: "Start a supervisor, a scheduler and three backends",
  async run(house, tell) {
    await house.start();
    const { inspectorUrl } = house.supervisor;
    if (inspectorUrl) tell.say(`watch it live: ${inspectorUrl}`);
    const managers = await until("every manager to be ready", () => {
      const all = house.supervisor.managers();
      return all.every(({ status }) => status.phase === "ready") ? all : undefined;
    });
    tell.table(
      ["manager", "address", "state"],
      managers.map(({ manager, address, status }) => [manager, address, status.phase ?? status.state]),
    );
    check(managers.length === 4, `${managers.length} managers run instead of 4`);
  },
};
