import { rename } from "node:fs/promises";
import { check, until } from "@reeve/example-telling";
import type { House } from "../house.ts";
import type { Step } from "../step.ts";

const backend = "hdd";
const address = `demo@${backend}`;

export const loseDriver: Step = {
  name: "lose-driver",
  title: "Take a backend's directory away, and give it back",
  async run(house, tell) {
    const held = (await house.volume.list({ filter: { host: address } })).items[0];
    check(held !== undefined, `no volume is at ${address}`);
    const root = house.root(backend);

    await rename(root, `${root}.away`);
    const causes = await until(`${address} to degrade`, () => {
      const { state, causes } = house.manager(backend).status;
      return state === "degraded" ? causes : undefined;
    });
    tell.say(`${address} is degraded: ${causes.map(({ reason }) => reason).join(", ")}`);
    const refused = await house.volume.extend({ id: held.id, sizeGiB: 2 * held.sizeGiB }).then(
      () => "",
      (error: { readonly reason?: string }) => error.reason ?? String(error),
    );
    tell.say(`extending ${held.name} there: ${refused}`);
    check(refused !== "", "a volume without its backend was extended");

    const elsewhere = await Promise.all(["tmp", "src"].map((name) => place(house, name)));
    tell.say(`new volumes go to ${[...new Set(elsewhere)].join(" and ")}`);
    check(!elsewhere.includes(address), `a volume was placed at ${address}`);
    const known = await house.volume.get({ id: held.id });
    check(known.status === "available", `${held.name} is ${known.status} after an extension that did not begin`);

    await rename(`${root}.away`, root);
    await until(`${address} to heal`, () => (house.manager(backend).status.phase === "ready" ? true : undefined));
    const grown = await house.volume.extend({ id: held.id, sizeGiB: 2 * held.sizeGiB });
    check(grown.sizeGiB === 2 * held.sizeGiB, `${held.name} was not extended`);
    tell.say(`${address} has healed by itself; ${held.name} is extended`);
  },
};

async function place(house: House, name: string): Promise<string> {
  const volume = await house.volume.create({ name, sizeGiB: 32 / 1024 });
  house.made.set(name, volume);
  return volume.host ?? "";
}
