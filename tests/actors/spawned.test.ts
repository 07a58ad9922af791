import { call, contract } from "@reeve/contract";
import { type Actors, defineManager } from "@reeve/runtime";
import { fakeClock, testManager } from "@reeve/testing";
import { expect, test } from "vitest";
import { fromCallback, fromPromise, setup } from "xstate";
import { z } from "zod";

const stages = contract("stage", "1.0", {
  say: call({ input: z.object({ type: z.string() }), output: z.string() }),
});

const ended: string[] = [];
const child = fromCallback(() => () => void ended.push("child"));
const lamp = setup({ actors: { child } }).createMachine({
  id: "lamp",
  initial: "dark",
  invoke: { src: "child" },
  exit: () => void ended.push("lamp"),
  states: {
    dark: { on: { lit: "bright" } },
    bright: {
      after: { 1000: "dark" },
      on: {
        broken: {
          actions: () => {
            throw new Error("the bulb has burst");
          },
        },
      },
    },
  },
});

/** A manager of one lamp, and whatever a test does with its actors. */
function stageManager(given: { actors?: Actors; onError?: "cause" | "crash" } = {}) {
  return defineManager({
    contract: stages,
    setup({ actors }) {
      given.actors = actors;
      const ref = actors.spawn(lamp, { id: "lamp", onError: given.onError ?? "cause" });
      return {
        operations: {
          say: ({ type }) => {
            ref.send({ type } as never);
            return String(ref.getSnapshot().value);
          },
        },
      };
    },
  });
}

test("a call reaches an actor as an event, its delays run by the manager's clock, and it ends with its children", async () => {
  const clock = fakeClock();
  ended.length = 0;
  const house = await testManager(stageManager(), { clock });
  expect(await house.calls.say({ type: "lit" })).toBe("bright");
  await clock.advance(1_000);
  expect(await house.calls.say({ type: "nothing" })).toBe("dark");
  expect(ended).toEqual([]);
  await house.stop();
  expect(ended).toContain("child");
});

test("one that fails is a cause of its manager, until it is spawned anew", async () => {
  const given: { actors?: Actors } = {};
  await using house = await testManager(stageManager(given));
  await house.calls.say({ type: "lit" });
  await house.calls.say({ type: "broken" });
  await expect
    .poll(() => house.status)
    .toMatchObject({
      state: "serving",
      causes: [{ reason: "ACTOR_FAILED", message: expect.stringContaining("the bulb has burst") }],
    });
  given.actors!.spawn(lamp, { id: "lamp" });
  expect(house.status.causes).toEqual([]);
});

test("one that may crash its manager has that begin anew", async () => {
  await using house = await testManager(stageManager({ onError: "crash" }));
  const { epoch } = house.report;
  await house.calls.say({ type: "lit" });
  await house.calls.say({ type: "broken" }).catch(() => {});
  await expect.poll(() => house.report.epoch).toBeGreaterThan(epoch);
});

test("any logic can be spawned; an id is free again when its actor has ended, and nothing is spawned after the end", async () => {
  const given: { actors?: Actors } = {};
  const house = await testManager(stageManager(given));
  const actors = given.actors!;
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = actors.spawn(
    fromPromise(() => promise),
    { id: "p" },
  );
  expect(() =>
    actors.spawn(
      fromPromise(() => promise),
      { id: "p" },
    ),
  ).toThrow(expect.objectContaining({ reason: "ACTOR_EXISTS" }));
  resolve("done");
  await expect.poll(() => waiting.getSnapshot().output).toBe("done");
  actors.spawn(
    fromPromise(() => promise),
    { id: "p" },
  );
  await house.stop();
  expect(() => actors.spawn(lamp, { id: "late" })).toThrow(expect.objectContaining({ reason: "NOT_SERVING" }));
});

test("malformed use is refused by the name of the field", async () => {
  const given: { actors?: Actors } = {};
  await using _house = await testManager(stageManager(given));
  const actors = given.actors!;
  const refused = (message: string) =>
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) });
  expect(() => actors.spawn(lamp, { id: "" })).toThrow(refused("actors.spawn: id: expected well-formed text"));
  expect(() => actors.spawn(lamp, { id: "x", onErr: "crash" } as never)).toThrow(refused('did you mean "onError"?'));
  await expect(actors.keep(lamp, { id: "x" })).rejects.toEqual(refused("kept in its store, and it has none"));
});
