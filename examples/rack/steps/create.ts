import { check } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";
import { storageHosts } from "../rules.ts";

const each = 15;

export const create: RackStep = {
  name: "create",
  title: "thirty volumes, from two callers at once",
  async run(rack, tell) {
    const asked = await Promise.all(
      Array.from({ length: each }, (_, index) => [
        rack.create("cli-01", `first-${index}`),
        rack.create("cli-02", `second-${index}`),
      ]).flat(),
    );
    const refused = asked.find(({ volume }) => volume?.status !== "available");
    check(refused === undefined, `${refused?.key}: ${refused?.failure}`);
    const counts = storageHosts.map((host) => {
      const here = asked.filter(({ volume }) => volume?.host === `${host}@ssd`);
      return [`${host}@ssd`, here.length] as const;
    });
    tell.table(
      ["backend", "volumes"],
      counts.map(([address, count]) => [address, String(count)]),
    );
    check(
      counts.every(([, count]) => count > 0),
      "a backend got none of them",
    );
    check(counts.reduce((sum, [, count]) => sum + count, 0) === 2 * each, "some are elsewhere");
  },
};
