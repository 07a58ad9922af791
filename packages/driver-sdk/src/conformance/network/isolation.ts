import assert from "node:assert/strict";
import type { AttachmentSpec } from "../../network/index.ts";
import type { NetworkCase } from "./network-case.ts";
import type { NetworkRig } from "./network-rig.ts";
import type { Listener } from "./traffic.ts";

async function hears(rig: NetworkRig, listener: Listener, word: string): Promise<void> {
  await rig.until(`"${word}" is heard`, async () => (await listener.heard()).includes(word));
}

async function heardOnly(listener: Listener, allowed: readonly string[], because: string): Promise<void> {
  const others = (await listener.heard()).filter((word) => !allowed.includes(word));
  assert.deepEqual(others, [], `${because}: another network's frames arrived`);
}

/** Attaches and detaches a port in every way that can be interrupted, under the ear that is at its point. */
async function stir(rig: NetworkRig, port: AttachmentSpec): Promise<AttachmentSpec> {
  let generation = port.generation;
  for (let at = 1, struck = true; struck; at++) {
    const next = { ...port, generation: ++generation };
    const attaching = await rig.faulted(at, "abort", (options) => rig.attach(next, options));
    await rig.attach(next);
    const detaching = await rig.faulted(at, "abort", (options) => rig.detach(next, options));
    await rig.detach(next);
    struck = attaching.struck || detaching.struck;
  }
  return { ...port, generation: generation + 1 };
}

export const isolation: readonly NetworkCase[] = [
  {
    promise:
      "ports of one network hear each other; a port never hears another network, another VLAN nor what is untagged, at no instant",
    needs: ["vlans"],
    async hold(rig) {
      const { traffic } = rig.device;
      const [red, blue] = [rig.network(0), rig.network(1)];
      const [redSpeaker, blueSpeaker, redListener] = [rig.port(0, red), rig.port(1, blue), rig.port(2, red)];
      for (const network of [red, blue]) await rig.ensure(network);
      for (const port of [redSpeaker, blueSpeaker]) await rig.attach(port);
      const { segment: third } = rig.network(2);
      const speakers = [
        await traffic.speak(redSpeaker, "red"),
        await traffic.speak(blueSpeaker, "blue"),
        await traffic.speakOutside(undefined, "untagged"),
        await traffic.speakOutside(1, "VLAN 1"),
        await traffic.speakOutside(third.kind === "vlan" ? third.vlanId : undefined, "a third network"),
      ];
      const listener = await traffic.listen(redListener.point);
      await rig.attach(redListener);
      await hears(rig, listener, "red");
      await rig.detach(redListener);
      const last = await stir(rig, redListener);
      await rig.attach(last);
      await rig.ensure({ ...red, mtu: 1400 });
      await rig.remove(rig.network(2));
      await heardOnly(listener, ["red"], "while a port was attached and detached");
      await rig.detach(last);
      const moved = rig.port(2, blue, { generation: last.generation + 1 });
      const other = await traffic.listen(rig.port(3, blue).point);
      await rig.attach(moved);
      await hears(rig, listener, "blue");
      await heardOnly(other, [], "a point that no port is at");
      for (const speaker of speakers) await speaker.stop();
      await heardOnly(listener, ["red", "blue"], "after the port became one of another network");
      await listener.stop();
      await other.stop();
    },
  },
  {
    promise: "a network reaches other machines on its physical network, and they reach it, as its segment says",
    needs: ["vlans"],
    async hold(rig) {
      const { traffic } = rig.device;
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      const { segment } = network;
      const speaker = await traffic.speakOutside(segment.kind === "vlan" ? segment.vlanId : undefined, "outside");
      const listener = await traffic.listen(port.point);
      await rig.attach(port);
      await hears(rig, listener, "outside");
      await speaker.stop();
      await listener.stop();
    },
  },
  {
    promise:
      "a flat network is all that is untagged and nothing else, where the device has such networks; else it is UNIMPLEMENTED",
    async hold(rig) {
      const flat = rig.network(0, { networkId: "network-flat", segment: { kind: "flat" } });
      if (!rig.device.kinds.includes("flat")) {
        const facts = await rig.facts();
        await rig.refuses("UNIMPLEMENTED", rig.ensure(flat), "a flat network");
        return rig.unchanged(facts, "a refused call changed the device");
      }
      const { traffic } = rig.device;
      const vlan = rig.network(1);
      const port = rig.port(0, flat);
      await rig.ensure(flat);
      const listener = await traffic.listen(port.point);
      const speakers = [await traffic.speakOutside(undefined, "untagged")];
      const [networks, ports] = [[flat], [port]];
      if (vlan.segment.kind === "vlan") {
        const tagged = rig.port(1, vlan);
        await rig.ensure(vlan);
        await rig.attach(tagged);
        networks.push(vlan);
        ports.push(tagged);
        speakers.push(await traffic.speak(tagged, "tagged"));
        speakers.push(await traffic.speakOutside(vlan.segment.vlanId, "tagged outside"));
      }
      await rig.attach(port);
      await hears(rig, listener, "untagged");
      await rig.carries(networks, ports);
      await rig.detach(port);
      await rig.attach({ ...port, generation: 2 });
      for (const speaker of speakers) await speaker.stop();
      await heardOnly(listener, ["untagged"], "a flat network");
      await listener.stop();
    },
  },
  {
    promise: "a place that several ports share carries a network until the last of its ports leaves, and not longer",
    needs: ["vlans"],
    hands: ["shared"],
    async hold(rig) {
      const { traffic, shared } = rig.device;
      assert.ok(typeof shared === "function");
      const [red, blue] = [rig.network(0), rig.network(1)];
      for (const network of [red, blue]) await rig.ensure(network);
      const speaking = rig.port(7, red);
      await rig.attach(speaking);
      const speaker = await traffic.speak(speaking, "red");
      const [first, second] = [0, 1].map((n) => rig.port(n, red, { point: shared(n) }));
      const stays = rig.port(2, blue, { point: shared(2) });
      await rig.attach(stays);
      const before = await rig.facts();
      for (const port of [first!, second!]) await rig.attach(port);
      await rig.carries([red, blue], [speaking, stays, first!, second!]);
      await rig.detach(first!);
      const listener = await traffic.listen(second!.point);
      await rig.carries([red, blue], [speaking, stays, second!]);
      await hears(rig, listener, "red");
      await listener.stop();
      await rig.detach(second!);
      await rig.carries([red, blue], [speaking, stays]);
      await rig.unchanged(before, "the place is another when the last port of the network has left");
      await speaker.stop();
    },
  },
];
