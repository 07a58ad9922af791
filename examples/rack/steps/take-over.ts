import { check, until } from "@reeve/example-telling";
import type { Volume } from "@reeve/managers/volume";
import type { RackStep } from "../rack-step.ts";
import { cluster, members } from "../rules.ts";

const backend = `${cluster}@nas`;

export const takeOver: RackStep = {
  name: "take-over",
  title: "kill -9 a member of the cluster in the middle of a clone",
  async run(rack, tell) {
    const { volume: source } = await rack.create("cli-01", "shared", { media: "nas" });
    check(source?.host === backend, `the source is at ${source?.host}`);
    const releases = members.map((host) => rack.hold(`${host}@nas`));
    const caller = rack.caller("cli-01");
    const cloning = caller
      .call<Volume>({
        contract: "volume",
        operation: "clone",
        input: { id: source.id, name: "twin" },
        options: { timeout: "2m" },
      })
      .then(
        ({ status }) => `it is ${status}`,
        (error: unknown) => String(error),
      );
    const member = await until("a member to be at work on it", () => rack.workerOn("twin"));
    const victim = members.find((host) => member === `${host}@nas`)!;
    const survivor = members.find((host) => host !== victim)!;
    await rack.kill(victim);
    for (const release of releases) release();
    const twin = await until("the survivor to finish the clone", async () =>
      (await rack.list()).find(({ name, status }) => name === "twin" && status !== "creating"),
    );
    check(twin.status === "available" && twin.host === backend, `twin is ${twin.status} at ${twin.host}`);
    tell.say(`${victim} was killed at work on twin; ${survivor} finished it. The caller was told: ${await cloning}`);
    await rack.start(victim);
  },
};
