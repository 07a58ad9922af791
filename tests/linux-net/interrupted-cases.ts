import assert from "node:assert/strict";
import type { Point } from "@reeve/driver-sdk/network";
import {
  attach,
  carries,
  detach,
  ensure,
  isSilent,
  isWhole,
  list,
  planned,
  port as portOf,
  remove,
  type Scene,
  typeAll,
} from "./scene.ts";
import { dump, factOf } from "./tool.ts";

/** With what is healed that ended after that many commands. */
type Healings = (done: number) => readonly ("attach" | "detach")[];

/** One and the other by turns, where a program takes its time to start. */
export const byTurns: Healings = (done) => [done % 2 === 0 ? "detach" : "attach"];

/**
 * Calls that end after any of their commands, as they do when their process and its programs are killed: the commands are those
 * of the plan, typed one by one.
 */
export function interruptedCases(
  points: readonly (readonly [what: string, point: Point])[],
  healings: Healings = () => ["attach", "detach"],
): Record<string, (scene: Scene) => Promise<void>> {
  return {
    "ensuring a segment may end after any command, and ensuring and removing again heal it": ensuring,
    ...Object.fromEntries(
      points.flatMap(([what, point]) => [
        [
          `attaching in ${what} may end after any command: what there is carries nothing or is listed, and attaching and detaching heal it`,
          (scene: Scene) => attaching(scene, point, healings),
        ],
        [
          `detaching from ${what} may end after any command, and detaching again ends it`,
          (scene: Scene) => detaching(scene, point),
        ],
      ]),
    ),
  };
}

async function ensuring(scene: Scene): Promise<void> {
  const bare = (await dump()).map(factOf);
  const commands = await planned(scene, "ensureSegment", scene.network);
  assert.ok(commands.length > 4, commands.join("\n"));
  await ensure(scene);
  const whole = (await dump()).map(factOf);
  await remove(scene);
  for (let done = 1; done < commands.length; done += 1) {
    await typeAll(commands.slice(0, done));
    const after = `after ${commands[done - 1]}`;
    const { segments, leftovers } = await list(scene);
    assert.ok(leftovers.length > 0 || segments.some(({ differs }) => differs.length > 0), `not told ${after}`);
    await ensure(scene);
    assert.deepEqual((await dump()).map(factOf), whole, `healed ${after}`);
    assert.ok(await isSilent(), `IPv6 ${after}`);
    await remove(scene);
    assert.deepEqual((await dump()).map(factOf), bare, `removed ${after}`);
  }
}

async function attaching(scene: Scene, point: Point, healings: Healings): Promise<void> {
  const port = portOf(scene.network, 1, point);
  await ensure(scene);
  const commands = await planned(scene, "attach", port);
  assert.ok(commands.length > 4, commands.join("\n"));
  const bare = (await dump()).map(factOf);
  await attach(scene, port);
  const whole = (await dump()).map(factOf);
  await detach(scene, port);
  for (let done = 0; done <= commands.length; done += 1)
    for (const healing of healings(done)) {
      await typeAll(commands.slice(0, done));
      const seen = await list(scene);
      const told = seen.leftovers.length > 0 || seen.attachments.some(({ differs }) => differs.length > 0);
      const after = `after ${commands[done - 1]}`;
      assert.equal(told, done > 0 && done < commands.length, `${after}: ${JSON.stringify(seen)}`);
      assert.equal(await carries(), done === commands.length, after);
      if (healing === "attach") {
        await attach(scene, port);
        assert.ok(isWhole(await list(scene)), `healed ${after}`);
        assert.deepEqual((await dump()).map(factOf), whole, `healed ${after}`);
      }
      await detach(scene, port);
      assert.deepEqual((await dump()).map(factOf), bare, `detached ${after}`);
      assert.deepEqual((await list(scene)).leftovers, []);
    }
}

async function detaching(scene: Scene, point: Point): Promise<void> {
  const port = portOf(scene.network, 1, point);
  await ensure(scene);
  const bare = (await dump()).map(factOf);
  await attach(scene, port);
  const commands = await planned(scene, "detach", { ...port, last: true });
  for (let done = 0; done <= commands.length; done += 1) {
    await attach(scene, port);
    await typeAll(commands.slice(0, done));
    const { leftovers, attachments } = await list(scene);
    assert.equal(leftovers.length + attachments.length, done < commands.length ? 1 : 0);
    await detach(scene, port);
    assert.deepEqual((await dump()).map(factOf), bare);
  }
}
