import { randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

const mebibytes = 128;

export const copy: Step = {
  name: "copy",
  title: "Copy one that is full, and watch",
  async run(house, tell) {
    const film = await house.volume.create({ name: "film", sizeGiB: mebibytes / 1024 });
    house.made.set("film", film);
    const path = await house.path("film");
    await write(path);

    const copying = house.volume.copy({ id: film.id, name: "film, a copy" });
    const bar = tell.bar(film.name);
    const seen: number[] = [];
    for await (const { percent } of copying) {
      seen.push(percent);
      bar(percent);
    }
    const twin = await copying.result;
    house.made.set(twin.name, twin);
    const [original, copied] = await Promise.all([readFile(path), readFile(await house.path(twin.name))]);
    check(original.equals(copied), "the copy differs from the original");
    check(seen.at(-1) === 100, `the last progress was ${seen.at(-1)} %`);
    tell.say(`${mebibytes} MiB are the same, byte for byte`);
  },
};

async function write(path: string): Promise<void> {
  await using file = await open(path, "r+");
  const chunk = randomBytes(2 ** 20);
  for (let at = 0; at < mebibytes; at++) {
    chunk.writeUInt32LE(at);
    await file.write(chunk, 0, chunk.length, at * chunk.length);
  }
}
