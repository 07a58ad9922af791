import assert from "node:assert/strict";
import type { AttachmentSpec, SegmentSpec } from "../../network/index.ts";
import type { NetworkCase } from "./network-case.ts";
import { oddAttachments, oddIds, oddMarks, oddNames, oddSegments } from "./odd-input.ts";

export const refusals: readonly NetworkCase[] = [
  {
    promise: "a malformed id or mark is INVALID_ARGUMENT everywhere and does nothing",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      const facts = await rig.facts();
      for (const odd of oddIds) {
        const id = odd as string;
        for (const [what, call] of [
          ["ensureSegment", () => rig.driver.ensureSegment({ ...network, networkId: id })],
          ["removeSegment", () => rig.driver.removeSegment({ ...network, networkId: id })],
          ["attach", () => rig.driver.attach({ ...port, portId: id })],
          ["attach to a network", () => rig.driver.attach({ ...port, networkId: id })],
          ["detach", () => rig.driver.detach({ ...port, portId: id, last: true })],
        ] as const)
          await rig.refuses("INVALID_ARGUMENT", call(), `${what} of ${JSON.stringify(odd)}`);
      }
      for (const odd of oddMarks)
        for (const kind of ["segment", "port"] as const)
          await rig.refuses(
            "INVALID_ARGUMENT",
            rig.driver.discard({ kind, mark: odd as string }),
            `discard of a ${kind} marked ${JSON.stringify(odd)}`,
          );
      await rig.unchanged(facts, "a malformed id or mark changed the device");
    },
  },
  {
    promise: "a malformed MAC, address, gateway, MTU, generation or point is INVALID_ARGUMENT and does nothing",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      const facts = await rig.facts();
      for (const odd of oddAttachments)
        await rig.refuses(
          "INVALID_ARGUMENT",
          rig.driver.attach({ ...port, ...odd } as AttachmentSpec),
          JSON.stringify(odd),
        );
      await rig.unchanged(facts, "malformed input changed the device");
    },
  },
  {
    promise:
      "a malformed segment (VLAN 0, 4095, a half one), MTU, name or physical network is INVALID_ARGUMENT and makes nothing",
    async hold(rig) {
      const network = rig.network(0);
      const facts = await rig.facts();
      for (const odd of oddSegments)
        await rig.refuses("INVALID_ARGUMENT", rig.ensure({ ...network, ...odd } as SegmentSpec), JSON.stringify(odd));
      await rig.refuses("NOT_FOUND", rig.ensure({ ...network, physicalNetwork: "no-such-network" }), "an unknown one");
      await rig.unchanged(facts, "malformed input changed the device");
    },
  },
  {
    promise: "any text will do as a network's name, and another name is no other network",
    async hold(rig) {
      const network = rig.network(0);
      const bare = await rig.facts();
      for (const name of oddNames) {
        await rig.ensure({ ...network, name });
        await rig.carries([network], []);
      }
      const named = await rig.facts();
      await rig.ensure({ ...network, name: oddNames.at(-1)! });
      await rig.unchanged(named, "ensuring it again under the same name changed the device");
      await rig.remove(network);
      assert.equal((await rig.facts()).length, bare.length, "something is left of names");
    },
  },
  {
    promise: "ids that differ in their last letter only are two networks and two ports",
    needs: ["vlans"],
    async hold(rig) {
      const long = "x".repeat(63);
      const networks = [0, 1].map((n) => rig.network(n, { networkId: `${long}${n}` }));
      const ports = networks.map((network, n) => rig.port(n, network, { portId: `${long}${n}` }));
      for (const network of networks) await rig.ensure(network);
      for (const port of ports) await rig.attach(port);
      await rig.carries(networks, ports);
      await rig.detach(ports[0]!);
      await rig.carries(networks, [ports[1]!]);
    },
  },
  {
    promise: "rows with more fields serve as input",
    async hold(rig) {
      const more = { tenant: "a", status: "down", id: "b", change: "detach", kind: "flat", host: null };
      const network = { ...rig.network(0), ...more };
      const port = { ...rig.port(0, rig.network(0)), ...more };
      await rig.driver.ensureSegment(network);
      await rig.driver.attach(port);
      await rig.carries([rig.network(0)], [rig.port(0, rig.network(0))]);
      await rig.driver.detach({ ...port, last: true });
      await rig.driver.removeSegment(network);
      await rig.carries([], []);
    },
  },
  {
    promise: "the first and the last VLAN of each range are carried; those outside are FAILED_PRECONDITION",
    needs: ["vlans"],
    async hold(rig) {
      const { usable, reserved } = await rig.driver.vlans.ranges();
      assert.ok(usable.length > 0, "no VLAN is usable");
      const edges = [...new Set(usable.flat())];
      const isUsable = (vlanId: number) => usable.some(([first, last]) => first <= vlanId && vlanId <= last);
      const facts = await rig.facts();
      for (const vlanId of edges) {
        const network = rig.network(0, { networkId: `edge-${vlanId}`, segment: { kind: "vlan", vlanId } });
        await rig.ensure(network);
        await rig.carries([network], []);
        await rig.remove(network);
      }
      const outside = [1, 2, 4094, ...edges.flatMap((edge) => [edge - 1, edge + 1]), ...reserved.flat()];
      for (const vlanId of new Set([...outside, ...rig.device.reservedVlans])) {
        if (vlanId < 1 || vlanId > 4094 || isUsable(vlanId)) continue;
        const segment = { kind: "vlan", vlanId } as const;
        await rig.refuses("FAILED_PRECONDITION", rig.ensure(rig.network(0, { segment })), `VLAN ${vlanId}`);
      }
      for (const vlanId of rig.device.reservedVlans)
        assert.ok(!isUsable(vlanId), `VLAN ${vlanId} is said to be usable`);
      assert.equal((await rig.facts()).length, facts.length, "something is left of a VLAN");
    },
  },
  {
    promise: "a point of a kind that the device does not have is UNIMPLEMENTED and does nothing",
    hands: ["strangePoint"],
    async hold(rig) {
      const { strangePoint } = rig.device;
      assert.ok(typeof strangePoint === "object");
      const network = rig.network(0);
      await rig.ensure(network);
      const facts = await rig.facts();
      await rig.refuses("UNIMPLEMENTED", rig.driver.attach(rig.port(0, network, { point: strangePoint })));
      await rig.unchanged(facts, "a refused attachment changed the device");
    },
  },
];
