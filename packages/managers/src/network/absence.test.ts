import { expect, test } from "vitest";
import { Absence } from "./absence.ts";

test("a device that was away is back until it has been compared", () => {
  let isHere = true;
  const absence = new Absence(() => isHere);
  const looks: boolean[] = [];
  const look = (here: boolean) => {
    isHere = here;
    looks.push(absence.isOver);
  };
  for (const here of [true, false, false, true, true]) look(here);
  expect(looks).toEqual([false, false, false, true, true]);
  absence.compared();
  look(true);
  expect(looks.at(-1)).toBe(false);
});
