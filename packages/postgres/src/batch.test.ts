import { expect, test } from "vitest";
import { Batch } from "./batch.ts";
import { isLoss } from "./errors.ts";

const failing = () => {
  const batch = new Batch([{ name: "s1", text: "select 1" }], new Map(), []);
  const settled: unknown[] = [];
  void batch.done.then(({ failure }) => settled.push(failure));
  return { batch, settled };
};

const turn = () => new Promise(setImmediate);

test("an error in any language lasts until the server is ready for what comes next", async () => {
  const { batch, settled } = failing();
  const said = { severity: "ERREUR", code: "23505", message: "la valeur existe" };
  batch.handleError(said);
  await turn();
  expect(settled).toEqual([]);
  batch.ready();
  await turn();
  expect(settled).toEqual([said]);
  expect(isLoss(said)).toBe(false);
});

test("an error in any language after which the session ends is its end, and why", async () => {
  const { batch, settled } = failing();
  const said = { severity: "FATALE", code: "57P04", message: "la base de données a été supprimée" };
  batch.handleError(said);
  expect(batch.lose(new Error("Connection terminated"))).toBe(said);
  await turn();
  expect(settled).toEqual([said]);
  expect(isLoss(said)).toBe(true);
});
