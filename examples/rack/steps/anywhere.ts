import { check } from "@reeve/example-telling";
import type { Snapshot, Volume } from "@reeve/managers/volume";
import { sizeGiB } from "../rack.ts";
import type { RackStep } from "../rack-step.ts";
import { storageHosts } from "../rules.ts";

export const anywhere: RackStep = {
  name: "anywhere",
  title: "any host lists all of them, and has any of them changed",
  async run(rack, tell) {
    const wanted = rack.account.acknowledged.map(({ id }) => id).sort();
    for (const host of storageHosts) {
      const ids = (await rack.list(`${host}@ssd`)).map(({ id }) => id).sort();
      check(ids.join() === wanted.join(), `${host} lists ${ids.length} of ${wanted.length}`);
    }
    const theirs = (await rack.list()).find(({ host }) => host === "block-03@ssd")!;
    const call = <T>(operation: string, input: object) =>
      rack.caller("cli-02").call<T>({ contract: "volume", operation, input });
    const grown = await call<Volume>("extend", { id: theirs.id, sizeGiB: 2 * sizeGiB });
    const frozen = await call<Snapshot>("snapshot", { id: theirs.id, name: "before" });
    check(
      grown.sizeGiB === 2 * sizeGiB && grown.host === "block-03@ssd",
      `it has ${grown.sizeGiB} GiB at ${grown.host}`,
    );
    await call("deleteSnapshot", { id: theirs.id, snapshotId: frozen.id });
    tell.say(
      `${storageHosts.join(", ")} list the same ${wanted.length}; whoever is asked, block-03 extends and freezes its own`,
    );
  },
};
