import assert from "node:assert/strict";
import type { NetworkCase } from "./network-case.ts";

/** How many commands listing may take, however much there is to list. */
const mostListing = 20;
/** On a busy machine one of a few is not held up. */
const tries = 3;

export const crowded: readonly NetworkCase[] = [
  {
    promise: "a thousand ports are listed within two seconds, in as few commands as one",
    async hold(rig) {
      const { device, options } = rig;
      const { crowd } = device;
      const networks = Array.from({ length: crowd.networks }, (_, n) => rig.network(n));
      await Promise.all(networks.map((network) => rig.ensure(network)));
      const ports = Array.from({ length: options.crowd }, (_, n) =>
        rig.port(n, networks[n % crowd.networks]!, { point: crowd.point(n) }),
      );
      const before = device.roundTrips();
      await Promise.all(ports.map((port) => rig.attach(port)));
      const attaching = device.roundTrips() - before;
      assert.ok(attaching <= (crowd.roundTrips ?? Infinity), `attaching them took ${attaching} commands`);

      const took: number[] = [];
      for (let n = 0; n < tries && !took.some((ms) => ms <= options.listWithinMs); n++) {
        const sent = device.roundTrips();
        const begun = performance.now();
        await rig.driver.list();
        took.push(performance.now() - begun);
        const listing = device.roundTrips() - sent;
        assert.ok(listing <= mostListing, `listing takes ${listing} commands`);
      }
      assert.ok(Math.min(...took) <= options.listWithinMs, `listing took ${took.map(Math.round).join(", ")} ms`);
      await rig.carries(networks, ports);
    },
  },
];
