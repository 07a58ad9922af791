import { expect, test } from "vitest";
import { current, type Hearing } from "../../../src/hearing.ts";
import { type ManagerView, managerView } from "./manager-view.ts";
import { holderOf, withSuperseded } from "./superseded.ts";

const lost: Hearing = { is: "lost", since: 1_000 };

function view(instance: string, value: string, epoch: number, hearing: Hearing = current): ManagerView {
  const context = { causes: [], epoch, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };
  const snapshot = { status: "active", value, context } as const;
  const actor = { id: `lamp/a#${epoch}`, name: "lamp/a", definition: "", snapshot, history: [], at: 0 };
  return managerView(instance, actor, hearing, false);
}

test("an incarnation that served is superseded once another has a higher epoch, and the other is the one that is shown", () => {
  const told = withSuperseded([view("old", "serving", 1), view("new", "booting", 2)]);
  expect(told.map(({ state, tone }) => `${state} ${tone}`)).toEqual(["superseded quiet", "booting busy"]);
  expect(told[0]!.cause).toBe("was serving; epoch 2 took its place");
  expect(holderOf(told, "lamp/a")?.instance).toBe("new");
});

test("one that waits for the address is shown as it is, whichever epoch it has, and the one that serves as its holder", () => {
  const told = withSuperseded([view("waiting", "degraded", 0), view("serving", "serving", 3)]);
  expect(told.map(({ state }) => state)).toEqual(["degraded", "serving"]);
  expect(holderOf(told, "lamp/a")?.instance).toBe("serving");
});

test("one that is lost takes nobody's place", () => {
  const told = withSuperseded([view("old", "serving", 1), view("lost", "serving", 2, lost)]);
  expect(told.map(({ state }) => state)).toEqual(["serving", "lost"]);
  expect(holderOf(told, "lamp/a")?.instance).toBe("old");
});

test("of several that are lost the last is shown, and of a name that nobody has nothing is", () => {
  expect(holderOf([view("a", "serving", 1, lost), view("b", "serving", 2, lost)], "lamp/a")?.instance).toBe("b");
  expect(holderOf([], "lamp/a")).toBeUndefined();
});
