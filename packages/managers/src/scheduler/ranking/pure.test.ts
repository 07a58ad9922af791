import { expect, test } from "vitest";
import { asking, knowing, never } from "../placer-bench.fixture.ts";
import { report, storage } from "../report.fixture.ts";

const sizes = { a: 100, b: 200, c: 300 };

/** Filters and weighers that count how often they are asked. */
function counting(pure: boolean) {
  const asked = { filter: 0, weigher: 0 };
  const accepts = () => {
    asked.filter += 1;
    return true;
  };
  const weigh = () => {
    asked.weigher += 1;
    return 1;
  };
  const options = {
    filters: [{ name: "mine", pure, accepts }],
    weighers: [{ name: "own", pure, multiplier: 1, weigh }],
  };
  return { asked, options };
}

test.each(["filter", "weigher"] as const)(
  "a %s that does not say that it is pure is asked of every host at each placement",
  async (kind) => {
    const { asked, options } = counting(false);
    const { filters, weighers } = options;
    const { place } = await knowing(sizes, kind === "filter" ? { filters } : { weighers });
    for (let turn = 1; turn <= 5; turn++) {
      await place(`v${turn}`, 1);
      expect(asked[kind]).toBe(3 * turn);
    }
  },
);

test("one that is pure is asked of hosts that have changed, once its kind of request comes again", async () => {
  const { asked, options } = counting(true);
  const { place, placer } = await knowing(sizes, options);
  await place("v1", 1);
  await place("v2", 1);
  const before = asked.filter;
  // The host that v2 was placed on has changed.
  await place("v3", 5);
  expect(asked.filter - before).toBe(1);
  placer.receive(report({ address: "a", count: 2, capabilities: storage(400) }));
  expect(await placer.place(asking("v4", 5), never)).toEqual({ kind: "placed", address: "a" });
  expect(asked.filter - before).toBe(3);
});

test("a pure weigher that fails for a host that is not weighed fails nothing", async () => {
  const weigh = ({ address }: { readonly address: string }) => {
    if (address === "a") throw new Error("oops");
    return 1;
  };
  const { place } = await knowing({ a: 5, b: 100 }, { weighers: [{ name: "own", pure: true, multiplier: 1, weigh }] });
  for (const request of ["v1", "v2", "v3"]) expect(await place(request, 10)).toBe("b");
  await expect(place("v4", 1)).rejects.toThrow("weigher own on volume a: oops");
});
