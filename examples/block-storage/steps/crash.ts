import { readdir } from "node:fs/promises";
import { check, until } from "@reeve/example-telling";
import { scheduler } from "@reeve/managers/scheduler";
import type { Moment } from "../holdup.ts";
import type { House } from "../house.ts";
import type { Step } from "../step.ts";

const backend = "archive";
const address = `demo@${backend}`;

/** When the manager dies. */
const told: Readonly<Record<Moment, string>> = {
  before: "before its image was made",
  after: "after its image was made, before that was written down",
};

export const crash: Step = {
  name: "crash",
  title: "Crash a manager in the middle of a create, twice",
  async run(house, tell) {
    const undone = await crashDuring("early", "before");
    check(undone.status === "error", `${undone.name} is ${undone.status}`);
    check((await imagesOf(house, undone.id)).length === 0, "something of it was left behind");
    await house.volume.delete({ id: undone.id });

    const finished = await crashDuring("late", "after");
    check(finished.status === "available", `${finished.name} is ${finished.status}`);
    house.made.set(finished.name, finished);

    async function crashDuring(name: string, moment: Moment) {
      const { epoch } = house.manager(backend);
      await until(`the scheduler to hear of ${address}`, async () => ((await isEligible(house)) ? true : undefined));
      const reached = house.holdup.next(moment).then(() => undefined);
      const creation = house.volume.create({ name, sizeGiB: 32 / 1024, labels: { media: backend } });
      const ended = creation.then(
        () => "that it is there",
        (error: { readonly reason?: string }) => error.reason,
      );
      const early = await Promise.race([reached, ended]);
      check(early === undefined, `the create of ${name} was not held up; its caller was told ${early}`);
      await checkHeld(house, moment);
      house.supervisor.kill("volume", address);
      const reason = await ended;
      const next = await until(`${address} to come back`, () => {
        const report = house.manager(backend);
        return report.epoch > epoch && report.status.phase === "ready" ? report.epoch : undefined;
      });
      const { items } = await house.volume.list({});
      const volume = items.find((candidate) => candidate.name === name);
      check(volume !== undefined, `${name} is not there`);
      tell.say(`killed ${told[moment]}; the caller was told ${reason}`);
      tell.say(
        `  epoch ${epoch} → ${next}: ${name} is ${volume.status}${volume.fault ? `, ${volume.fault.reason}` : ""}`,
      );
      return volume;
    }
  },
};

/** After a restart its first report is on its way for a moment. */
async function isEligible(house: House): Promise<boolean> {
  const { items } = await house.supervisor.ref(scheduler).hosts({ filter: { eligible: true } });
  return items.some((host) => host.address === address);
}

async function checkHeld(house: House, moment: Moment): Promise<void> {
  const { items } = await house.volume.list({ filter: { status: "creating" } });
  const [volume] = items;
  check(volume?.host === address, `nothing is being created at ${address}`);
  const made = (await imagesOf(house, volume.id)).some((name) => name.endsWith(".volume"));
  check(made === (moment === "after"), `its image ${made ? "is there already" : "is not there yet"}`);
}

async function imagesOf(house: House, id: string): Promise<string[]> {
  return (await readdir(house.root(backend))).filter((name) => name.includes(id));
}
