import assert from "node:assert/strict";
import type { NetworkCase } from "./network-case.ts";

const ten = Array.from({ length: 10 }, (_, n) => n);
const fifty = Array.from({ length: 50 }, (_, n) => n);

export const concurrency: readonly NetworkCase[] = [
  {
    promise: "ten calls at once for one segment, and ten for one port, have one effect and give one answer",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await Promise.all(ten.map(() => rig.ensure(network)));
      await rig.carries([network], []);
      const answers = await Promise.all(ten.map(() => rig.attach(port)));
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
      await rig.carries([network], [port]);
      await Promise.all(ten.map(() => rig.detach(port)));
      await Promise.all(ten.map(() => rig.remove(network)));
      await rig.carries([], []);
    },
  },
  {
    promise: "attaching and detaching one port at once leave it attached whole, or not at all",
    async hold(rig) {
      const network = rig.network(0);
      await rig.ensure(network);
      const bare = await rig.facts();
      for (const round of ten.slice(0, 5)) {
        const port = rig.port(0, network, { generation: round + 1 });
        await Promise.all([rig.attach(port), rig.detach(port), rig.attach(port), rig.detach(port)]);
        const { attachments } = await rig.listed();
        await rig.carries([network], attachments.length === 0 ? [] : [port]);
        await rig.detach(port);
        await rig.unchanged(bare, `round ${round}: something is left of the port`);
      }
    },
  },
  {
    promise: "attaching a port while its segment is removed: one of the two is refused",
    async hold(rig) {
      const network = rig.network(0);
      for (const round of ten.slice(0, 5)) {
        const port = rig.port(0, network, { generation: round + 1 });
        await rig.ensure(network);
        const outcomes = await Promise.allSettled(
          round % 2 === 0 ? [rig.attach(port), rig.remove(network)] : [rig.remove(network), rig.attach(port)],
        );
        const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
        assert.deepEqual(
          refused.map(({ code }) => code),
          ["FAILED_PRECONDITION"],
          `round ${round}`,
        );
        const { segments } = await rig.listed();
        const stands = segments.length > 0;
        await rig.carries(stands ? [network] : [], stands ? [port] : []);
        await rig.detach(port);
        await rig.remove(network);
      }
    },
  },
  {
    promise: "fifty ports at once are fifty ports, and detached at once they are none",
    async hold(rig) {
      const { crowd } = rig.device;
      const spread = Math.min(crowd.networks, 50);
      const networks = fifty.slice(0, spread).map((n) => rig.network(n));
      await Promise.all(networks.map((network) => rig.ensure(network)));
      const bare = await rig.facts();
      const ports = fifty.map((n) => rig.port(n, networks[n % spread]!, { point: crowd.point(n) }));
      await Promise.all(ports.map((port) => rig.attach(port)));
      await rig.carries(networks, ports);
      assert.equal((await rig.driver.stats()).attachments, (await rig.listed()).attachments.length);
      // The caller counts who is the last at a place; so those that share one go one after the other.
      await rig.detachAll(ports);
      await rig.carries(networks, []);
      await rig.unchanged(bare, "something is left of fifty ports");
    },
  },
  {
    promise: "what a call is still making is neither listed as left over nor held up by listing",
    async hold(rig) {
      const network = rig.network(0);
      await rig.ensure(network);
      for (let at = 1; ; at++) {
        const port = rig.port(0, network, { generation: at });
        const during = await rig.listedDuring(at, () => rig.attach(port));
        if (!during) return assert.ok(at > 1, "attaching sends no command");
        assert.deepEqual(during.leftovers, [], `at command ${at}`);
        await rig.detach(port);
      }
    },
  },
];
