import { expect, type TestContext, test, vi } from "vitest";
import { long } from "../kit/long.ts";
import { type CastLoss, replayCasts } from "./cast-replay.ts";
import type { CastFault } from "./recording.ts";
import { expectExplained, openScene } from "./scene.ts";

vi.setConfig({ testTimeout: 1_800_000 });

const orders = { sacks: long ? 60 : 12, outstanding: 8, checkpointFrames: 60 };
const cuts = long ? 600 : 8;
const controlCuts = long ? 200 : 80;

/** Lives of a shop and its books, each of which is killed with casts under way. */
async function record(context: TestContext, lives: number, without?: CastFault) {
  using scene = openScene(context);
  const { recording, seed } = scene;
  const settings = without ? { ...orders, without } : orders;
  for (let life = 0; life < lives; life++) await recording.live("casts.fixture.ts", settings);
  expectExplained(recording);
  return { records: recording.records(), seed };
}

test("caller and callees lose power, each at its own moment: every cast that was acknowledged has one effect, in order, and no key is left", async (context) => {
  const { records, seed } = await record(context, 2);
  const losses = await replayCasts(records, { seed, cuts });
  expect(losses.length, told(losses, seed)).toBe(0);
});

test.for([
  { fault: "the key of a cast is kept in a later commit than its effect", without: "key" },
  { fault: "a cast is sent before the store knows where to", without: "address" },
] as const)("$fault: the replay finds a cast with two effects", async ({ without }, context) => {
  const { records, seed } = await record(context, 1, without);
  const losses = await replayCasts(records, { seed, cuts: controlCuts, untilFound: "twice" });
  const kinds = new Set(losses.flatMap(({ findings }) => findings.map(({ kind }) => kind)));
  // Where it was carried out or begun as well, its key is left.
  kinds.delete("kept");
  expect(kinds, told(losses, seed)).toEqual(new Set(["twice"]));
});

function told(losses: readonly CastLoss[], seed: number): string {
  const details = losses.slice(0, 3).map(({ cuts: at, findings }) => {
    const found = findings.slice(0, 4).map(({ kind, detail }) => `${kind}: ${detail}`);
    return `cut at ${at}\n  ${found.join("\n  ")}`;
  });
  return `seed ${seed}: ${losses.length} losses of power broke a promise\n${details.join("\n")}`;
}
