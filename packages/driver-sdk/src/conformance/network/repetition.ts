import assert from "node:assert/strict";
import type { NetworkCase } from "./network-case.ts";

export const repetition: readonly NetworkCase[] = [
  {
    promise: "what the driver has never been asked for is not on a device, and its statistics are those of nothing",
    async hold(rig) {
      await rig.carries([], []);
      assert.equal((await rig.driver.stats()).attachments, 0);
    },
  },
  {
    promise: "ensuring a segment twice is ensuring it once",
    async hold(rig) {
      const network = rig.network(0);
      await rig.ensure(network);
      const [listed, facts] = [await rig.listed(), await rig.facts()];
      await rig.ensure(network);
      await rig.carries([network], []);
      assert.deepEqual(await rig.listed(), listed);
      await rig.unchanged(facts, "ensuring a segment again changed the device");
    },
  },
  {
    promise: "another segment for a network, or another network for a segment, is ALREADY_EXISTS and changes nothing",
    needs: ["vlans"],
    async hold(rig) {
      const network = rig.network(0);
      await rig.ensure(network);
      const facts = await rig.facts();
      const { segment } = rig.network(1);
      await rig.refuses("ALREADY_EXISTS", rig.ensure({ ...network, segment }), "another segment for the network");
      await rig.refuses(
        "ALREADY_EXISTS",
        rig.ensure({ ...network, networkId: "network-other" }),
        "another network for the segment",
      );
      await rig.unchanged(facts, "a refused call changed the device");
      await rig.remove({ ...network, networkId: "network-other" });
      await rig.unchanged(facts, "removing a network that is not there removed another");
    },
  },
  {
    promise: "attaching twice gives the same answer, and is attaching once",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      const first = await rig.attach(port);
      const facts = await rig.facts();
      assert.deepEqual(await rig.attach(port), first);
      await rig.restart();
      assert.deepEqual(await rig.attach(port), first, "after a restart of the driver");
      await rig.unchanged(facts, "attaching again changed the device");
      await rig.carries([network], [port]);
    },
  },
  {
    promise: "another MAC, point or network for a port of the same generation is ALREADY_EXISTS and changes nothing",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      await rig.attach(port);
      const other = rig.network(1);
      if (other.segment.kind === "vlan") await rig.ensure(other);
      const facts = await rig.facts();
      const { mac } = rig.port(1, network);
      await rig.refuses("ALREADY_EXISTS", rig.driver.attach({ ...port, mac }), "another MAC");
      await rig.refuses("ALREADY_EXISTS", rig.driver.attach({ ...port, point: rig.device.own(1) }), "another point");
      if (other.segment.kind === "vlan") {
        const { networkId, segment } = other;
        await rig.refuses("ALREADY_EXISTS", rig.driver.attach({ ...port, networkId, segment }), "another network");
      }
      await rig.unchanged(facts, "a refused call changed the device");
    },
  },
  {
    promise: "other addresses for an attached port are what it has when it is attached again",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network, { addresses: ["10.7.0.1/16", "fd00:7::1/64"] });
      await rig.ensure(network);
      await rig.attach(port);
      await rig.carries([network], [port]);
      const readdressed = { ...port, addresses: ["10.7.0.9/16"] };
      await rig.attach(readdressed);
      await rig.carries([network], [readdressed]);
    },
  },
  {
    promise: "removing and detaching what is not there succeed, and so do removing and detaching twice",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.remove(network);
      await rig.detach(port);
      await rig.ensure(network);
      await rig.detach(port);
      await rig.attach(port);
      await rig.detach(port);
      await rig.detach(port);
      await rig.carries([network], []);
      await rig.remove(network);
      await rig.detach(port);
      await rig.remove(network);
      await rig.carries([], []);
    },
  },
  {
    promise:
      "a port cannot be attached to a segment that was not ensured, nor a segment with ports be removed: FAILED_PRECONDITION",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      const before = await rig.facts();
      await rig.refuses("FAILED_PRECONDITION", rig.driver.attach(port), "attaching to no segment");
      await rig.unchanged(before, "a refused attachment changed the device");
      await rig.ensure(network);
      await rig.attach(port);
      const facts = await rig.facts();
      await rig.refuses("FAILED_PRECONDITION", rig.remove(network), "removing a segment with a port");
      await rig.unchanged(facts, "a refused removal changed the device");
    },
  },
];
