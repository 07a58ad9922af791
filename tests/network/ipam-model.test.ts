import fc from "fast-check";
import { expect, test } from "vitest";
import { NetworkHouse } from "./ipam-house.ts";

const cidr = "10.0.0.0/28";
const reserved = ["10.0.0.3", "10.0.0.12"];
const pools = [
  { first: "10.0.0.2", last: "10.0.0.6" },
  { first: "10.0.0.9", last: "10.0.0.12" },
];
/** What the pools offer, in order: 3 and 12 are reserved. */
const offered = [2, 4, 5, 6, 9, 10, 11];
const ip = (number: number) => `10.0.0.${number}`;

type Step = { readonly create: number | "any" } | { readonly remove: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ create: fc.constant("any" as const) }) },
  { weight: 2, arbitrary: fc.record({ create: fc.integer({ min: 0, max: 17 }) }) },
  { weight: 3, arbitrary: fc.record({ remove: fc.nat(20) }) },
);

/** What a port that is asked for like this comes to, by the rules alone. */
function expected(held: ReadonlySet<number>, wish: number | "any"): number | string {
  if (wish === "any") return offered.find((number) => !held.has(number)) ?? "NO_ADDRESS_LEFT";
  if (wish > 15) return "ADDRESS_NOT_IN_SUBNET";
  if ([0, 1, 3, 12, 15].includes(wish)) return "ADDRESS_RESERVED";
  return held.has(wish) ? "IP_IN_USE" : wish;
}

test("addresses are given and given back as a model of them says, step by step", async () => {
  await using house = await NetworkHouse.open();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const { networkId } = await house.subnet(cidr, { pools, reserved });
      const held = new Map<number, string>();
      for (const [index, one] of steps.entries()) {
        const calls = house.turn(index);
        if ("remove" in one) {
          const [number, id] = [...held][one.remove % Math.max(1, held.size)] ?? [];
          if (id !== undefined) await calls.deletePort({ id });
          if (number !== undefined) held.delete(number);
          continue;
        }
        const wish = one.create === "any" ? {} : { addresses: [{ ip: ip(one.create) }] };
        const port = await calls.createPort({ networkId, name: "p", ...wish }).catch((error) => error);
        const outcome = expected(new Set(held.keys()), one.create);
        if (typeof outcome === "string") expect(port).toMatchObject({ reason: outcome });
        else expect(port.addresses).toMatchObject([{ ip: ip(outcome) }]);
        if (typeof outcome === "number") held.set(outcome, port.id);
      }
      const pooled = offered.filter((number) => held.has(number)).length;
      expect(await house.at("one").usage({ networkId })).toMatchObject({
        ports: held.size,
        subnets: [{ size: "7", used: String(held.size), free: String(7 - pooled) }],
      });
      for (const id of held.values()) await house.at("two").deletePort({ id });
      expect(await house.at("one").usage({ networkId })).toMatchObject({
        ports: 0,
        subnets: [{ used: "0", free: "7" }],
      });
      await house.at("one").deleteNetwork({ id: networkId });
    }),
    { numRuns: 25, verbose: true },
  );
});
