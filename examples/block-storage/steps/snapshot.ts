import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const snapshot: Step = {
  name: "snapshot",
  title: "Freeze it, change it, and clone what was frozen",
  async run(house, tell) {
    const { id } = house.the("db");
    const { content } = house;
    const frozen = await house.volume.snapshot({ id, name: "noon" });
    const path = await house.path("db");
    await content.fill(path);
    const now = await content.checksum(path);
    const then = await house.volume.clone({ id, snapshotId: frozen.id, name: "db at noon" });
    house.made.set(then.name, then);
    const checksum = await content.checksum(await house.path(then.name));
    tell.table(
      ["volume", "checksum", "host"],
      [
        ["db", now, house.the("db").host ?? ""],
        [then.name, checksum, then.host ?? ""],
      ],
    );
    check(checksum === house.checksums.get("db"), "the clone has not the content that was frozen");
    check(now !== checksum, "the change reached the snapshot");
    house.checksums.set("db", now);
  },
};
