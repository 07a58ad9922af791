import fc from "fast-check";
import { expect, test } from "vitest";
import type { Wish } from "../deciding/wish.ts";
import { chooseWave } from "./choose-wave.ts";

const key = (network: number, vlanId: number) => ({
  networkId: `net-${network}`,
  segment: { kind: "vlan", vlanId } as const,
  physicalNetwork: "dc1",
});
const place = (port: number, interfaceNumber: number) => ({
  portId: `p-${port}`,
  generation: 1,
  point: { kind: "switchport", interface: `Ethernet1/${interfaceNumber}`, tagging: "tagged" } as const,
});
const ensure = (n: number, vlanId = 100 + n): Wish => ({
  change: "ensureSegment",
  ...key(n, vlanId),
  mtu: 1500,
  name: "",
});
const remove = (n: number): Wish => ({ change: "removeSegment", ...key(n, 100 + n) });
const attach = (port: number, n: number, interfaceNumber: number): Wish => ({
  change: "attach",
  ...place(port, interfaceNumber),
  ...key(n, 100 + n),
  mtu: 1500,
  mac: "fa:16:3e:00:00:01",
  addresses: [],
  gateways: [],
});
const detach = (port: number, n: number, interfaceNumber: number): Wish => ({
  change: "detach",
  ...place(port, interfaceNumber),
  ...key(n, 100 + n),
  last: true,
});

const taken = (...wishes: readonly Wish[]) => {
  const calls = wishes.map((wish, index) => ({ wish, index }));
  return chooseWave(calls, 100).taken.map(({ index }) => index);
};

test("a network and its ports go together", () => {
  expect(taken(ensure(1), attach(1, 1, 1), attach(2, 1, 2), ensure(2), attach(3, 2, 1), ensure(1))).toEqual([
    0, 1, 2, 3, 4, 5,
  ]);
});

test("what undoes another, two of one port, and two networks of one VLAN wait for the next turn, with all that follows them", () => {
  expect(taken(ensure(1), remove(1), ensure(1))).toEqual([0]);
  expect(taken(attach(1, 1, 1), detach(2, 1, 1))).toEqual([0]);
  expect(taken(attach(1, 1, 1), attach(1, 1, 2), attach(2, 1, 3))).toEqual([0, 2]);
  expect(taken(ensure(1, 100), ensure(2, 100), ensure(3, 101))).toEqual([0, 2]);
  expect(taken({ change: "discard", kind: "segment", mark: "0123456789ab" }, ensure(1))).toEqual([0]);
});

test("every call goes once, in the order of those that are about the same", () => {
  const number = fc.integer({ min: 0, max: 3 });
  const wish = fc.oneof(
    number.map((n) => ensure(n)),
    number.map(remove),
    fc.tuple(number, number, number).map(([port, n, place]) => attach(port, n, place)),
    fc.tuple(number, number, number).map(([port, n, place]) => detach(port, n, place)),
  );
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (wishes, most) => {
      let waiting = wishes.map((one, index) => ({ wish: one, index }));
      const order: number[] = [];
      while (waiting.length > 0) {
        const wave = chooseWave(waiting, most);
        expect(wave.taken.length).toBeGreaterThan(0);
        expect(wave.taken.length).toBeLessThanOrEqual(most);
        order.push(...wave.taken.map(({ index }) => index));
        waiting = wave.left;
      }
      expect([...order].sort((a, b) => a - b)).toEqual(wishes.map((_, index) => index));
      for (const [index, one] of wishes.entries()) {
        for (const [later, other] of wishes.entries()) {
          const sameNetwork = "networkId" in one && "networkId" in other && one.networkId === other.networkId;
          const opposed = (one.change === "removeSegment") !== (other.change === "removeSegment");
          if (later > index && sameNetwork && opposed) expect(order.indexOf(index)).toBeLessThan(order.indexOf(later));
        }
      }
    }),
  );
});
