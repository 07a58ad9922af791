import { check } from "@reeve/example-telling";
import { hosts } from "../rack.ts";
import type { RackStep } from "../rack-step.ts";
import { storageHosts } from "../rules.ts";

/** Ten processes at once on an empty database: each finds the tables, or makes them. */
export const start: RackStep = {
  name: "start",
  title: "three storage hosts, two schedulers, two callers; one broker, one database",
  async run(rack, tell) {
    await Promise.all([...hosts.map((host) => rack.start(host)), rack.connect()]);
    const seen = await rack.backends(4);
    tell.say(`sched-01 and sched-02 know of ${seen.join(", ")}`);
    check(
      storageHosts.every((host) => seen.includes(`${host}@ssd`)),
      `they know of ${seen.join(", ")} only`,
    );
    if (rack.page) tell.say(`all of it on one page: ${await rack.page}`);
  },
};
