import { check } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";

const count = 20;

export const killScheduler: RackStep = {
  name: "kill-scheduler",
  title: "kill -9 a scheduler in the middle of twenty placements",
  async run(rack, tell) {
    const told = Array.from({ length: count }, (_, index) =>
      rack.create(index % 2 === 0 ? "cli-01" : "cli-02", `placed-${index}`),
    );
    // Some are placed, others wait for their turn.
    await Promise.race(told);
    const pid = await rack.kill("sched-01");
    const ended = await Promise.all(told);
    await rack.start("sched-01");
    const made = ended.filter(({ volume }) => volume?.status === "available");
    tell.say(`process ${pid} was killed; ${made.length} of ${count} are there, placed by either`);
    for (const { key, failure } of ended.filter(({ volume }) => !volume)) tell.say(`${key}: ${failure}`);
    await rack.settled();
    for (const { key } of ended) await rack.consistent(key);
    check(made.length > 0, "none was made");
  },
};
