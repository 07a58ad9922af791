import assert from "node:assert/strict";
import type { NetworkCase } from "./network-case.ts";

export const generations: readonly NetworkCase[] = [
  {
    promise: "a stale generation is ABORTED, not retryable, and does nothing; a newer one replaces it wherever it was",
    async hold(rig) {
      const network = rig.network(0);
      await rig.ensure(network);
      const bare = await rig.facts();
      const second = rig.port(0, network, { generation: 2 });
      const first = { ...second, generation: 1 };
      await rig.attach(second);
      const facts = await rig.facts();
      for (const [what, call] of [
        ["attach", () => rig.driver.attach(first)],
        ["attach elsewhere", () => rig.driver.attach({ ...first, point: rig.device.own(1) })],
        ["detach", () => rig.driver.detach({ ...first, last: true })],
      ] as const) {
        const error = await rig.refuses("ABORTED", call(), `a stale ${what}`);
        assert.equal((error as { retryable?: unknown }).retryable, false, "a stale generation is never right again");
        await rig.unchanged(facts, `a stale ${what} changed the device`);
      }
      const third = rig.port(1, network, { portId: second.portId, generation: 3 });
      await rig.attach(third);
      await rig.carries([network], [third]);
      await rig.refuses("ABORTED", rig.driver.attach(second), "what was replaced");
      await rig.carries([network], [third]);
      await rig.detach({ ...third, generation: 9 });
      await rig.unchanged(bare, "something is left of a port that was replaced and detached");
    },
  },
  {
    promise: "what keeps a port's generation on the device keeps it over a restart of the driver",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network, { generation: 5 });
      await rig.ensure(network);
      await rig.attach(port);
      await rig.restart();
      const [listed] = (await rig.listed()).attachments;
      if (listed?.generation === undefined) return;
      await rig.refuses("ABORTED", rig.driver.attach({ ...port, generation: 4 }), "a stale attach");
      await rig.refuses("ABORTED", rig.driver.detach({ ...port, generation: 4, last: true }), "a stale detach");
      await rig.carries([network], [port]);
    },
  },
];
