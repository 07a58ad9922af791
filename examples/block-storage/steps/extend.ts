import { stat } from "node:fs/promises";
import { check, formatGiB } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const extend: Step = {
  name: "extend",
  title: "Extend it; its content stays",
  async run(house, tell) {
    const before = house.the("db");
    const after = await house.volume.extend({ id: before.id, sizeGiB: 2 * before.sizeGiB });
    house.made.set("db", after);
    const path = await house.path("db");
    const checksum = await house.content.checksum(path);
    tell.say(`db: ${formatGiB(before.sizeGiB)} → ${formatGiB(after.sizeGiB)}, checksum ${checksum}`);
    check((await stat(path)).size === after.sizeGiB * 2 ** 30, "its image has not grown");
    check(checksum === house.checksums.get("db"), "its content has changed");
  },
};
