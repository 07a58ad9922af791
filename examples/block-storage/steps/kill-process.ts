import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { check } from "@reeve/example-telling";
import { SecondProcess } from "../second-process.ts";
import type { Step } from "../step.ts";

export const killProcess: Step = {
  name: "kill-process",
  title: "Kill a whole process in the middle of a copy, with kill -9",
  async run(house, tell) {
    const first = house.neighbour(new SecondProcess(house.otherDirectory));
    await first.hear("ready");
    first.copyHalfway();
    const { percent } = await first.hear("progress", (word) => word.percent > 0);
    await first.end("SIGKILL");
    const files = (await readdir(join(house.otherDirectory, "disk"))).filter((name) => !name.startsWith(".reeve-"));
    check(files.length > 1, `it was killed too late: all there is is ${files.join()}`);
    tell.say(`process ${first.pid} was killed at ${percent} %; a partial image is left`);

    const second = house.neighbour(new SecondProcess(house.otherDirectory));
    const found = await second.hear("ready");
    tell.table(
      ["volume", "status", "why"],
      found.volumes.map(({ name, status, why }) => [name, status, why]),
    );
    const statuses = Object.fromEntries(found.volumes.map(({ name, status }) => [name, status]));
    check(statuses.copy === "error", `the copy is ${statuses.copy}`);
    check(statuses.source === "available", `the source is ${statuses.source}`);
    check(found.files === 1, `${found.files} images are there instead of the source's alone`);
    tell.say(`process ${second.pid} read the journal, and removed what was left of the copy`);
  },
};
