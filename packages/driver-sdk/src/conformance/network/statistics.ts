import assert from "node:assert/strict";
import { NetworkStats } from "../../network/index.ts";
import type { NetworkCase } from "./network-case.ts";

export const statistics: readonly NetworkCase[] = [
  {
    promise: "statistics satisfy the port's schema and count exactly what is there",
    async hold(rig) {
      const before = NetworkStats.parse(await rig.driver.stats());
      const count = before.vlans ? 3 : 1;
      const networks = Array.from({ length: count }, (_, n) => rig.network(n));
      const ports = [0, 1, 2, 3].map((n) => rig.port(n, networks[n % count]!));
      for (const [n, network] of networks.entries()) {
        await rig.ensure(network);
        const { vlans } = NetworkStats.parse(await rig.driver.stats());
        assert.equal(vlans?.used, before.vlans && before.vlans.used + n + 1, "VLANs used");
      }
      for (const [n, port] of ports.entries()) {
        await rig.attach(port);
        assert.equal((await rig.driver.stats()).attachments, n + 1, "attachments");
      }
      await rig.attach(ports[0]!);
      assert.equal((await rig.driver.stats()).attachments, ports.length, "a port that is attached again is no other");
      for (const port of ports) await rig.detach(port);
      for (const network of networks) await rig.remove(network);
      const after = NetworkStats.parse(await rig.driver.stats());
      assert.deepEqual(
        { vlans: after.vlans, attachments: after.attachments, mtuMax: after.mtuMax },
        { vlans: before.vlans, attachments: before.attachments, mtuMax: before.mtuMax },
        "when all is free again",
      );
    },
  },
  {
    promise: "the VLANs in the statistics are those that the driver says it carries",
    needs: ["vlans"],
    async hold(rig) {
      const { vlans } = NetworkStats.parse(await rig.driver.stats());
      assert.ok(vlans, "vlans is null");
      const { usable, reserved } = vlans;
      assert.deepEqual({ usable, reserved }, await rig.driver.vlans.ranges());
      assert.ok(vlans.used <= vlans.max, `${vlans.used} used of ${vlans.max}`);
    },
  },
  {
    promise: "a device that is full is RESOURCE_EXHAUSTED, is left as it was, and serves again when there is room",
    hands: ["fill"],
    async hold(rig) {
      const { fill } = rig.device;
      assert.ok(typeof fill === "function");
      const [network, kept] = [rig.network(0), rig.network(1)];
      const port = rig.port(0, kept);
      await rig.ensure(kept);
      const makeRoom = await fill();
      const facts = await rig.facts();
      await rig.refuses("RESOURCE_EXHAUSTED", rig.ensure(network), "ensureSegment");
      await rig.unchanged(facts, "a refused segment changed the device");
      await rig.ensure(kept);
      await rig.attach(port);
      await rig.carries([kept], [port]);
      await makeRoom();
      await rig.ensure(network);
      await rig.carries([network, kept], [port]);
    },
  },
];
