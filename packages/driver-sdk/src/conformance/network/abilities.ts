import assert from "node:assert/strict";
import type { NetworkChange } from "../../network/index.ts";
import type { NetworkCase } from "./network-case.ts";

export const abilities: readonly NetworkCase[] = [
  {
    promise: "a port that is guarded lets out its own source and no other",
    needs: ["guard"],
    async hold(rig) {
      const { traffic } = rig.device;
      const network = rig.network(0);
      const [port, peer] = [rig.port(0, network), rig.port(1, network)];
      await rig.ensure(network);
      const { portId, generation, point, mac, addresses } = port;
      const guard = { portId, generation, point, mac, addresses };
      await rig.refuses("FAILED_PRECONDITION", rig.driver.guard.apply(guard), "guarding what is not attached");
      await rig.attach(port);
      await rig.attach(peer);
      await rig.driver.guard.apply(guard);
      const facts = await rig.facts();
      await rig.driver.guard.apply(guard);
      await rig.unchanged(facts, "guarding again changed the device");
      const listener = await traffic.listen(peer.point);
      const forged = await traffic.speak(port, "forged", "fa:16:3e:ff:ff:ff");
      const honest = await traffic.speak(port, "honest");
      await rig.until('"honest" is heard', async () => (await listener.heard()).includes("honest"));
      for (const speaker of [forged, honest]) await speaker.stop();
      assert.ok(!(await listener.heard()).includes("forged"), "a frame with another source came through");
      await listener.stop();
      await rig.attach({ ...port, generation: 2 });
      await rig.refuses("ABORTED", rig.driver.guard.apply(guard), "guarding for a stale generation");
      await rig.detach({ ...port, generation: 2 });
      await rig.detach(peer);
      await rig.remove(network);
      await rig.carries([], []);
    },
  },
  {
    promise: "a plan changes nothing, says what would be sent, and is empty when all is as it should be",
    needs: ["plan"],
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      const { networkId, segment, physicalNetwork } = network;
      const changes: readonly NetworkChange[] = [
        { change: "ensureSegment", ...network },
        { change: "attach", ...port },
        { change: "detach", ...port, last: true },
        { change: "removeSegment", networkId, segment, physicalNetwork },
      ];
      const [ensuring, attaching, detaching, removing] = changes as [
        NetworkChange,
        NetworkChange,
        NetworkChange,
        NetworkChange,
      ];
      const lengths = async () => {
        const facts = await rig.facts();
        const planned: boolean[] = [];
        for (const change of [ensuring, attaching, detaching, removing])
          planned.push((await rig.driver.plan.plan(change)).commands.length > 0);
        await rig.unchanged(facts, "planning changed the device");
        return planned;
      };
      // An attachment is planned as if its segment had been ensured, a removal as if the network's ports had been detached.
      assert.deepEqual(await lengths(), [true, true, false, false], "of nothing");
      await rig.ensure(network);
      assert.deepEqual(await lengths(), [false, true, false, true], "of a segment");
      await rig.attach(port);
      assert.deepEqual(await lengths(), [false, false, true, true], "of a port");
      await rig.refuses(
        "INVALID_ARGUMENT",
        rig.driver.plan.plan({ ...attaching, mac: "x" } as NetworkChange),
        "a plan",
      );
    },
  },
  {
    promise: "the namespace that is made for a port is listed, and goes with it",
    needs: ["namespaces"],
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network, { point: { kind: "netns" } });
      await rig.ensure(network);
      const before = await rig.driver.namespaces.list();
      const attachment = await rig.attach(port);
      assert.ok(attachment.kind === "netns", `attached as ${attachment.kind}`);
      assert.deepEqual([...(await rig.driver.namespaces.list())].sort(), [...before, attachment.namespace].sort());
      await rig.detach(port);
      assert.deepEqual(await rig.driver.namespaces.list(), before);
      await rig.carries([network], []);
    },
  },
  {
    promise: "what nobody accounts for any more can be discarded as it was listed, but no segment with ports",
    async hold(rig) {
      const network = rig.network(0);
      const ports = [0, 1].map((n) => rig.port(n, network));
      const bare = await rig.facts();
      await rig.ensure(network);
      for (const port of ports) await rig.attach(port);
      await rig.restart();
      const { segments, attachments } = await rig.listed();
      const discardSegment = () => rig.driver.discard({ kind: "segment", mark: segments[0]!.mark });
      await rig.refuses("FAILED_PRECONDITION", discardSegment(), "discarding a segment with ports");
      await rig.carries([network], ports);
      for (const { mark, segment, physicalNetwork, point } of attachments)
        await rig.driver.discard(
          mark === undefined ? { kind: "port", segment, physicalNetwork, point } : { kind: "port", mark },
        );
      await rig.carries([network], []);
      await discardSegment();
      await discardSegment();
      await rig.carries([], []);
      assert.equal((await rig.facts()).length, bare.length, "something is left");
    },
  },
];
