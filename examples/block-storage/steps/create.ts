import { stat } from "node:fs/promises";
import { check, formatGiB } from "@reeve/example-telling";
import type { Step } from "../step.ts";

const names = ["db", "web", "mail", "cache", "logs", "home"];
const sizeGiB = 64 / 1024;

export const create: Step = {
  name: "create",
  title: "Create volumes; the scheduler chooses where",
  async run(house, tell) {
    const volumes = await Promise.all(names.map((name) => house.volume.create({ name, sizeGiB })));
    tell.table(
      ["volume", "size", "host", "status"],
      volumes.map(({ name, sizeGiB: size, host, status }) => [name, formatGiB(size), host ?? "", status]),
    );
    for (const volume of volumes) {
      check(volume.status === "available", `${volume.name} is ${volume.status}`);
      const { path } = await house.volume.connect({ id: volume.id });
      const { size } = await stat(path);
      check(size === sizeGiB * 2 ** 30, `the image of ${volume.name} has ${size} bytes`);
      await house.volume.disconnect({ id: volume.id });
      house.made.set(volume.name, volume);
    }
    const hosts = new Set(volumes.map(({ host }) => host));
    check(hosts.size > 1, `all of them went to ${[...hosts].join()}`);
  },
};
