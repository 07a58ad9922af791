import assert from "node:assert/strict";
import type { NetworkCase } from "./network-case.ts";

export const mtu: readonly NetworkCase[] = [
  {
    promise: "an MTU holds at each end of a port, lowered and raised, and no other network's changes with it",
    needs: ["vlans"],
    async hold(rig) {
      const [network, other] = [rig.network(0), rig.network(1)];
      const [port, neighbour] = [rig.port(0, network), rig.port(1, other)];
      await rig.ensure(other);
      await rig.attach(neighbour);
      const { mtuMax } = await rig.driver.stats();
      for (const bytes of [1500, 1400, 1500, Math.min(9000, mtuMax), 1300]) {
        await rig.ensure({ ...network, mtu: bytes });
        const sized = { ...port, mtu: bytes };
        await rig.attach(sized);
        const kept = await rig.device.mtus(sized);
        assert.deepEqual(
          kept,
          kept.map(() => bytes),
          `MTU ${bytes} at each end`,
        );
        await rig.carries([network, other], [sized, neighbour]);
        const others = await rig.device.mtus(neighbour);
        assert.deepEqual(
          others,
          others.map(() => neighbour.mtu),
          "the other network's MTU",
        );
      }
    },
  },
  {
    promise: "more than the device carries is FAILED_PRECONDITION and changes nothing",
    async hold(rig) {
      const network = rig.network(0);
      const { mtuMax } = await rig.driver.stats();
      assert.ok(mtuMax >= 1500, `mtuMax ${mtuMax}`);
      await rig.ensure({ ...network, mtu: mtuMax });
      const facts = await rig.facts();
      if (mtuMax === 65_535) return;
      await rig.refuses("FAILED_PRECONDITION", rig.ensure({ ...network, mtu: mtuMax + 1 }), "ensureSegment");
      await rig.refuses("FAILED_PRECONDITION", rig.driver.attach(rig.port(0, network, { mtu: mtuMax + 1 })), "attach");
      await rig.unchanged(facts, "a refused MTU changed the device");
    },
  },
];
