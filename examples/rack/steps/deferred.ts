import { existsSync } from "node:fs";
import { join } from "node:path";
import { check, until } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";

const away = "block-03";

export const deferred: RackStep = {
  name: "deferred",
  title: "delete what a host holds that is down",
  async run(rack, tell) {
    const theirs = (await rack.list()).find(({ host, status }) => host === `${away}@ssd` && status === "available")!;
    await rack.kill(away);
    const order = { contract: "volume", operation: "delete", at: "block-01@ssd", input: { id: theirs.id } } as const;
    const { state } = await rack.caller("cli-02").call<{ readonly state: string }>(order);
    check(state === "deferred", `it was ${state}`);
    const marked = (await rack.list()).find(({ id }) => id === theirs.id);
    const image = join(rack.directory, away, `${theirs.id}.volume`);
    check(marked?.status === "deleting" && existsSync(image), `it is ${marked?.status}`);
    tell.say(
      `${theirs.name} is ${marked.status}: block-01 noted it in the table, and ${away} will do it when it is back`,
    );
    await rack.start(away);
    await until("the volume to be removed", async () =>
      (await rack.list()).some(({ id }) => id === theirs.id) ? undefined : true,
    );
    check(!existsSync(image), "its image is still there");
    rack.deleted.add(theirs.id);
    tell.say(`${away} is back; ${theirs.name} and its image are gone`);
  },
};
