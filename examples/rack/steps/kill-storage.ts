import { until } from "@reeve/example-telling";
import type { RackStep } from "../rack-step.ts";

const victim = "block-03";

export const killStorage: RackStep = {
  name: "kill-storage",
  title: "kill -9 a storage host in the middle of three creations",
  async run(rack, tell) {
    const release = rack.hold(`${victim}@ssd`);
    const keys = ["torn-0", "torn-1", "torn-2"];
    const told = keys.map((key) => rack.create("cli-01", key, { host: victim }));
    await until("three creations to be under way there", async () => {
      const making = (await rack.list()).filter(
        ({ name, status, host }) => keys.includes(name) && status === "creating" && host,
      );
      return making.length === keys.length || undefined;
    });
    const pid = await rack.kill(victim);
    release();
    await rack.start(victim);
    for (const { key, volume, failure } of await Promise.all(told)) {
      tell.say(`${key}: its caller was told ${volume ? `that it is ${volume.status}` : failure}`);
    }
    tell.say(`process ${pid} was killed; the next one found its work in the journal`);
    await rack.settled();
    for (const key of keys) await rack.consistent(key);
  },
};
