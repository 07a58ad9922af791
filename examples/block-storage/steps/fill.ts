import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const fill: Step = {
  name: "fill",
  title: "Use one: put content on it",
  async run(house, tell) {
    const path = await house.path("db");
    await house.content.fill(path);
    const checksum = await house.content.checksum(path);
    check((await house.content.checksum(path)) === checksum, "its checksum changes by itself");
    house.checksums.set("db", checksum);
    tell.say(`db holds ${house.content.what}, checksum ${checksum}`);
  },
};
