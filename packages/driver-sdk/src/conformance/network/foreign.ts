import assert from "node:assert/strict";
import { markOf } from "../../network/index.ts";
import type { NetworkCase } from "./network-case.ts";
import type { NetworkRig } from "./network-rig.ts";

/** What others have made next to ours, and that it is all still there, letter for letter. */
class Neighbours {
  readonly #rig: NetworkRig;
  readonly #facts = new Set<string>();

  constructor(rig: NetworkRig) {
    this.#rig = rig;
  }

  async plant(n: number): Promise<void> {
    const before = new Set(await this.#rig.facts());
    await this.#rig.device.plant(n);
    const planted = (await this.#rig.facts()).filter((fact) => !before.has(fact));
    assert.ok(planted.length > 0, `plant(${n}) made nothing that facts() tells of`);
    for (const fact of planted) this.#facts.add(fact);
  }

  async stand(after: string): Promise<void> {
    const facts = new Set(await this.#rig.facts());
    const missing = [...this.#facts].filter((fact) => !facts.has(fact));
    assert.deepEqual(missing, [], `${after} changed what is not ours`);
  }
}

export const foreign: readonly NetworkCase[] = [
  {
    promise: "what others made before, between and after stays as it is, whatever the driver does and whatever fails",
    async hold(rig) {
      const neighbours = new Neighbours(rig);
      const network = rig.network(0);
      const port = rig.port(0, network);
      await neighbours.plant(0);
      await rig.ensure(network);
      await neighbours.stand("ensureSegment");
      await neighbours.plant(1);
      await rig.attach(port);
      await neighbours.stand("attach");
      await neighbours.plant(2);
      const doings: readonly (readonly [what: string, act: () => Promise<unknown>])[] = [
        ["list", () => rig.driver.list()],
        ["ensureSegment again, with another MTU and name", () => rig.ensure({ ...network, mtu: 1400, name: "other" })],
        ["attach again, with another MTU", () => rig.attach({ ...port, mtu: 1400 })],
        [
          "attach of a newer generation elsewhere",
          () => rig.attach({ ...port, generation: 2, point: rig.device.own(1) }),
        ],
        ["a stale attach", () => rig.driver.attach(port).catch(() => {})],
        ["a second port", () => rig.attach(rig.port(2, network))],
        ["a refused removeSegment", () => rig.remove(network).catch(() => {})],
        ["a restart of the driver", () => rig.restart()],
        [
          "an attach that fails",
          () => rig.faulted(1, "refused", (options) => rig.attach(rig.port(3, network), options)),
        ],
        [
          "an attach that is aborted",
          () => rig.faulted(2, "abort", (options) => rig.attach(rig.port(4, network), options)),
        ],
        [
          "detach",
          () =>
            rig.detachAll([
              { ...port, generation: 2, point: rig.device.own(1) },
              ...[2, 3, 4].map((n) => rig.port(n, network)),
            ]),
        ],
        ["removeSegment", () => rig.remove(network)],
        ["detach of nothing", () => rig.detach(port)],
        ["removeSegment of nothing", () => rig.remove(network)],
        ["discard of nothing", () => rig.driver.discard({ kind: "port", mark: markOf("nobody") })],
      ];
      for (const [what, act] of doings) {
        await act();
        await neighbours.stand(what);
      }
      await rig.carries([], []);
    },
  },
  {
    promise: "something foreign in a segment's place is FAILED_PRECONDITION, and is never touched",
    async hold(rig) {
      const network = rig.network(0);
      const takeAway = await rig.device.squat({ instead: "segment", spec: network });
      const facts = await rig.facts();
      await rig.refuses("FAILED_PRECONDITION", rig.ensure(network), "ensureSegment");
      await rig.unchanged(facts, "a refused ensureSegment changed the device");
      await allowed(rig.remove(network));
      await rig.unchanged(facts, "removeSegment touched what is not ours");
      await allowed(rig.driver.discard({ kind: "segment", mark: markOf(network.networkId) }));
      await rig.unchanged(facts, "discard touched what is not ours");
      assert.deepEqual((await rig.listed()).segments, [], "something foreign is listed as ours");
      await takeAway();
      await rig.ensure(network);
      await rig.carries([network], []);
    },
  },
  {
    promise: "something foreign in a port's place is FAILED_PRECONDITION, and is never touched",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      const takeAway = await rig.device.squat({ instead: "port", spec: port });
      const facts = await rig.facts();
      await rig.refuses("FAILED_PRECONDITION", rig.driver.attach(port), "attach");
      await rig.unchanged(facts, "a refused attach changed the device");
      await allowed(rig.detach(port));
      await rig.unchanged(facts, "detach touched what is not ours");
      await allowed(rig.driver.discard({ kind: "port", mark: markOf(port.portId) }));
      await rig.unchanged(facts, "discard touched what is not ours");
      assert.deepEqual((await rig.listed()).attachments, [], "something foreign is listed as ours");
      await takeAway();
      await rig.attach(port);
      await rig.carries([network], [port]);
    },
  },
  {
    promise: "what others change of ours is listed as it is then, and repaired by ensuring and attaching again",
    async hold(rig) {
      const network = rig.network(0);
      const ports = [0, 1].map((n) => rig.port(n, network));
      const repair = async () => {
        await rig.ensure(network);
        for (const port of ports) await rig.attach(port);
      };
      const { meddlings } = rig.device;
      assert.ok(meddlings.length >= 2, "expected a meddling with a segment and one with a port");
      await repair();
      const [listed, facts] = [await rig.listed(), await rig.facts()];
      for (const { what, act } of meddlings) {
        await act(ports[0]!);
        assert.notDeepEqual(await rig.listed(), listed, `${what}: the list does not tell`);
        await repair();
        await rig.carries([network], ports);
        assert.deepEqual(await rig.listed(), listed, `${what}: the list is another after the repair`);
        await rig.unchanged(facts, `${what}: the device is another after the repair`);
      }
    },
  },
];

/** Removing something foreign that is in the place of ours may be refused, and may be nothing to remove. */
async function allowed(call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { code?: string },
  );
  assert.ok(
    !error || error.code === "FAILED_PRECONDITION",
    `FAILED_PRECONDITION or nothing was expected, got ${error}`,
  );
}
